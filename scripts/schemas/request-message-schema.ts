import * as z from 'zod/mini';
import { MAX_LENGTH } from '../../lib/domain/label.ts';
import { label } from '../../lib/domain/label-schema.ts';
import { lenientParticipant, participantList, uuid } from '../../lib/domain/participant-schema.ts';

const timestamp = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time' });

/** What the adder takes for a request (`parseRequestMessage`), in the form that a JSON Schema is made of. */
export const requestMessage = z.object(
  {
    version: z._default(z.literal(1, { error: 'must be 1' }), 1),
    requestId: z.optional(uuid),
    conversationId: uuid,
    participants: participantList(lenientParticipant()),
    requestedAt: z.optional(timestamp),
    deadline: z.optional(timestamp),
    correlationId: z.optional(label(MAX_LENGTH.correlationId)),
    requestedBy: z.optional(label(MAX_LENGTH.requestedBy)),
  },
  { error: 'must be a JSON object with conversationId and participants' },
);
