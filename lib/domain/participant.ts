import * as z from 'zod/mini';

/** The roles a participant can be asked for (contract 2). */
export const ROLES = ['agent', 'customer', 'observer', 'supervisor'] as const;
export type Role = (typeof ROLES)[number];

/** People that one request may name (contract 2). */
export const MAX_PARTICIPANTS_PER_REQUEST = 20;

/**
 * E.164 (`+` and up to 15 digits) or a SIP URI, whose letters are ASCII (RFC 3261; SQS would refuse a
 * message with some of the others). One pattern, so that the JSON Schema has it too.
 */
const ADDRESS = /^(\+[1-9]\d{1,14}|[sS][iI][pP][sS]?:[!#-;=?A-~]+(@[!#-;=?A-~]+)?)$/;

/** Somebody to be added: a Genesys user by `id`, or an outside party by `address`. */
export interface RequestedParticipant {
  /** The user's UUID, in lower case. */
  id?: string;
  /** E.164 (`+15551234567`) or a SIP URI. */
  address?: string;
  role: Role;
}

/** A UUID of any version; lower case inside, because ids are compared. */
export const uuid = z.pipe(
  z.guid({ error: 'must be a UUID' }),
  z.transform((id: string) => id.toLowerCase()),
);

const address = z.string({ error: 'must be a string' }).check(
  z.maxLength(255, { error: 'must be at most 255 characters' }),
  z.regex(ADDRESS, {
    error: 'must be an E.164 number (+15551234567) or a SIP URI (sip:user@host)',
  }),
);

const role = z.enum(ROLES, { error: `must be one of ${ROLES.join(', ')}` });

const participantFields = {
  id: z.optional(uuid),
  address: z.optional(address),
  role: z.optional(role),
};

type ParticipantInput = z.output<z.ZodMiniObject<typeof participantFields>>;

/** Judges the fields together; each may be of any type here. */
const checkParticipant = z.check<ParticipantInput>(
  (ctx) => {
    const { id, address, role } = ctx.value;
    const report = (path: string[], message: string) =>
      ctx.issues.push({ code: 'custom', input: ctx.value, path, message });
    if (id === undefined && address === undefined) {
      report([], 'needs either an id (a Genesys user) or an address (an outside party)');
    } else if (id !== undefined && address !== undefined) {
      report([], 'has both an id and an address; give one of them');
    } else if (address !== undefined && isRole(role) && role !== 'customer') {
      report(['role'], `must be customer for an address, not ${role}`);
    }
  },
  // Without this zod would keep it for a participant whose fields are right one by one, and a
  // caller would learn of one mistake after mending the other.
  { when: ({ value }) => isObject(value) },
);

const isRole = (role: unknown): role is Role => (ROLES as readonly unknown[]).includes(role);

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function withDefaultRole({ id, address, role }: ParticipantInput): RequestedParticipant {
  if (address !== undefined) return { address, role: 'customer' };
  return { ...(id === undefined ? {} : { id }), role: role ?? 'agent' };
}

const describeParticipant = { error: 'must be an object with an id or an address' };

/** A participant in an HTTP body: unknown fields are refused, so that a typing error shows. */
export const strictParticipant = z.pipe(
  z.strictObject(participantFields, describeParticipant).check(checkParticipant),
  z.transform(withDefaultRole),
);

/** A participant in a queue message: unknown fields are passed over, as senders may be newer. */
export const lenientParticipant = z.pipe(
  z.object(participantFields, describeParticipant).check(checkParticipant),
  z.transform(withDefaultRole),
);

/**
 * A list of participants. zod looks at the length before it looks at an element, so 10,000 of them
 * give one error.
 */
export const participantList = <Participant extends z.ZodMiniType>(participant: Participant) =>
  z.array(participant, { error: 'must be an array of participants' }).check(
    z.minLength(1, { error: 'must name at least one participant' }),
    z.maxLength(MAX_PARTICIPANTS_PER_REQUEST, {
      error: `must name at most ${MAX_PARTICIPANTS_PER_REQUEST} participants`,
    }),
  );
