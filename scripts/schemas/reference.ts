/** A reference to a schema of the OpenAPI document. */
export const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
