/** Limits of the time within which a request has to be carried out. */
export const DEADLINE_SECONDS = { min: 5, default: 600, max: 86_400 } as const;
