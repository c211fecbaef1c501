import * as z from 'zod/mini';
import { EVENT_ID } from './event-id.ts';

/** `participant_added` for SUCCESS and PARTIAL, `participant_add_failed` for FAILED and EXPIRED. */
export const EVENTS = ['participant_added', 'participant_add_failed'] as const;

/**
 * As much of an event as it takes to pass it on. The rest is none of the relay's business: it posts
 * the bytes it was given, whichever version of the adder wrote them.
 */
export const auditEnvelope = z.object({
  event: z.enum(EVENTS),
  audit: z.object({
    request_id: z.string().check(z.regex(EVENT_ID)),
    correlation_id: z.optional(z.string()),
  }),
});
