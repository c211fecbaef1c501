import * as z from 'zod/mini';
import { REQUEST_STATES } from './request-record.ts';

/** The response to a request that was accepted. */
export const accepted = z.object({
  requestId: z.guid(),
  conversationId: z.guid(),
  /** `QUEUED` for a new request; the current status for a repeat of it. */
  status: z.enum(REQUEST_STATES),
  deadline: z.iso.datetime(),
});

export type Accepted = z.output<typeof accepted>;
