import { CORRELATION_ID, REQUEST_ID } from './openapi-examples.ts';

const text = (description: string, example: string) => ({
  description,
  schema: { type: 'string' },
  example,
});
/** The header `X-Correlation-Id` of a response. */
export const correlationHeader = () =>
  text('The request’s own, or the one that was created.', CORRELATION_ID);
/** The header `Location`. */
export const locationHeader = () =>
  text('Where the request can be asked for.', `/requests/${REQUEST_ID}`);
/** The header `Idempotency-Replayed`. */
export const replayedHeader = () => text('Present where the request existed before.', 'true');
/** The header `Preference-Applied`. */
export const appliedHeader = () => text('Present where the service waited.', 'wait=10');
/** The header `Retry-After`, by its name. */
export const retryAfterHeader = () => ({
  'Retry-After': {
    description: 'Seconds to wait before sending the request again.',
    schema: { type: 'integer' },
    example: 5,
  },
});
