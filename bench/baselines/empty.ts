/** Nothing at all: what Node itself costs. */
export const handler = async () => ({ statusCode: 202 });
