/** How long a request may wait to be carried out (contract 2). */
export const DEADLINE_SECONDS = { min: 5, default: 600, max: 86_400 } as const;
