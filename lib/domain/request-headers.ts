import * as z from 'zod/mini';
import { label, MAX_LENGTH } from './label.ts';

/** Identifies a request across all systems. */
export const correlationId = label(MAX_LENGTH.correlationId);

/** The same key and caller are the same request for as long as the record is kept. */
export const idempotencyKey = label(MAX_LENGTH.idempotencyKey);

/** The request headers that the service reads, with names in lower case. */
export const requestHeaders = z.object({
  'idempotency-key': z.optional(idempotencyKey),
  'x-correlation-id': z.optional(correlationId),
});
