import * as z from 'zod/mini';
import { label, MAX_LENGTH } from './label.ts';

/** Names an event across all systems that it passes. */
export const correlationId = label(MAX_LENGTH.correlationId);

/** The same key, caller, conversation and body within five minutes are the same request. */
export const idempotencyKey = label(MAX_LENGTH.idempotencyKey);

/** The headers of a request that mean something to the service (contract 2); names in lower case. */
export const requestHeaders = z.object({
  'idempotency-key': z.optional(idempotencyKey),
  'x-correlation-id': z.optional(correlationId),
});
