/** Longest texts that go into headers and log lines, in characters. The shortest have one. */
export const MAX_LENGTH = { idempotencyKey: 64, correlationId: 128, requestedBy: 2_048 } as const;

export const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** What is wrong with such a text, said so that it follows its name. */
export const labelFaults = (max: number) => ({
  noText: 'must be a string',
  pattern: 'must be printable ASCII',
  empty: 'must not be empty',
  tooLong: `must be at most ${max} characters`,
});
