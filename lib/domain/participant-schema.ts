import * as z from 'zod/mini';
import { asObject } from './json.ts';
import {
  ADDRESS,
  PARTICIPANT_FAULTS as FAULTS,
  judgeTogether,
  MAX_ADDRESS_LENGTH,
  MAX_PARTICIPANTS_PER_REQUEST,
  ROLES,
  withDefaultRole,
} from './participant.ts';

/** A UUID of any version, put into lower case. */
export const uuid = z.pipe(
  z.guid({ error: FAULTS.id }),
  z.transform((id: string) => id.toLowerCase()),
);

const address = z
  .string({ error: FAULTS.address.noText })
  .check(
    z.maxLength(MAX_ADDRESS_LENGTH, { error: FAULTS.address.tooLong }),
    z.regex(ADDRESS, { error: FAULTS.address.pattern }),
  );

const participantFields = {
  id: z.optional(uuid),
  address: z.optional(address),
  role: z.optional(z.enum(ROLES, { error: FAULTS.role })),
};

const checkTogether = z.check<z.output<z.ZodMiniObject<typeof participantFields>>>(
  (ctx) => {
    for (const fault of judgeTogether(ctx.value)) {
      ctx.issues.push({ code: 'custom', input: ctx.value, ...fault });
    }
  },
  // Without this zod would keep it for a participant whose fields are right one by one, and a
  // caller would learn of one mistake after mending the other.
  { when: ({ value }) => asObject(value) !== undefined },
);

// Functions, so that intake does not make the one that only the published schema is made of.

/** A participant in an HTTP body: unknown fields are refused, so that a typing error shows. */
export const strictParticipant = () =>
  z.pipe(
    z.strictObject(participantFields, { error: FAULTS.noObject }).check(checkTogether),
    z.transform(withDefaultRole),
  );

/** A participant in a queue message: unknown fields are passed over, as senders may be newer. */
export const lenientParticipant = () =>
  z.pipe(
    z.object(participantFields, { error: FAULTS.noObject }).check(checkTogether),
    z.transform(withDefaultRole),
  );

/**
 * A list of participants. zod looks at the length before it looks at an element, so 10,000 of them
 * give one error.
 */
export const participantList = <Participant extends z.ZodMiniType>(participant: Participant) =>
  z
    .array(participant, { error: FAULTS.noList })
    .check(
      z.minLength(1, { error: FAULTS.nobody }),
      z.maxLength(MAX_PARTICIPANTS_PER_REQUEST, { error: FAULTS.tooMany }),
    );
