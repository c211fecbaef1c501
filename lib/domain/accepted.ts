import * as z from 'zod/mini';

/** The answer to a request that is on the queue (contract 2). */
export const accepted = z.object({
  requestId: z.uuid(),
  conversationId: z.uuid(),
  status: z.literal('QUEUED'),
  deadline: z.iso.datetime(),
});

export type Accepted = z.output<typeof accepted>;
