import * as z from 'zod/mini';
import { asObject } from './json.ts';
import { nullAsAbsent } from './null-as-absent.ts';
import { type RequestedParticipant, ROLES, type Role } from './participant.ts';
import { uuid } from './uuid.ts';

/** Maximum number of participants in one request. */
const MAX_PARTICIPANTS_PER_REQUEST = 20;

const MAX_ADDRESS_LENGTH = 255;

/**
 * E.164 (`+` and 3 to 15 digits), the same as a `tel:` URI (RFC 3966), or a SIP URI, whose letters are
 * ASCII (RFC 3261; SQS would refuse a message with some of the others). One pattern, so that the JSON
 * Schema has it too, and no `\d`, which is any digit of Unicode in Python.
 */
export const PARTICIPANT_ADDRESS =
  /^(\+[1-9][0-9]{2,14}|[tT][eE][lL]:\+[1-9]([().-]*[0-9]){2,14}(;[eE][xX][tT]=[0-9]{1,15})?|[sS][iI][pP][sS]?:[!#-;=?A-~]+(@[!#-;=?A-~]+)?)$/;

const NO_OBJECT = 'must be an object with an id or an address';

const address = z.string({ error: 'must be a string' }).check(
  z.maxLength(MAX_ADDRESS_LENGTH, {
    error: `must be at most ${MAX_ADDRESS_LENGTH} characters`,
  }),
  z.regex(PARTICIPANT_ADDRESS, {
    error: 'must be an E.164 number (+15551234567), a tel: URI or a SIP URI (sip:user@host)',
  }),
);

const participantFields = {
  id: z.optional(uuid),
  address: z.optional(address),
  role: nullAsAbsent(z.enum(ROLES, { error: `must be one of ${ROLES.join(', ')}` })),
};

const checkTogether = z.check<z.output<z.ZodMiniObject<typeof participantFields>>>(
  (ctx) => {
    for (const fault of judgeTogether(ctx.value)) {
      ctx.issues.push({ code: 'custom', input: ctx.value, ...fault });
    }
  },
  // By default zod checks an object only once each of its fields is valid, and a caller would learn
  // of one mistake after fixing the other.
  { when: ({ value }) => asObject(value) !== undefined },
);

/** Judges a participant's fields together; each may be of any type here. */
function judgeTogether(participant: {
  id?: unknown;
  address?: unknown;
  role?: unknown;
}): { path: ('id' | 'address' | 'role')[]; message: string }[] {
  const { id, address, role } = participant;
  if (id === undefined && address === undefined) {
    return [
      {
        path: [],
        message: 'needs either an id (a Genesys user) or an address (an outside party)',
      },
    ];
  }
  if (id !== undefined && address !== undefined) {
    return [{ path: [], message: 'has both an id and an address; give one of them' }];
  }
  if (address !== undefined && isRole(role) && role !== 'customer') {
    return [{ path: ['role'], message: `must be customer for an address, not ${role}` }];
  }
  return [];
}

const isRole = (role: unknown): role is Role => (ROLES as readonly unknown[]).includes(role);

/** Fills in the role that a participant has if the request gives none. */
function withDefaultRole(participant: {
  id?: string | undefined;
  address?: string | undefined;
  role?: Role | undefined;
}): RequestedParticipant {
  const { id, address, role } = participant;
  if (address !== undefined) return { address, role: 'customer' };
  return { ...(id === undefined ? {} : { id }), role: role ?? 'agent' };
}

// Functions, so that a bundle has only the one that it uses.

/** A participant in an HTTP body: unknown fields are refused, so that typing errors are noticed. */
export const strictParticipant = () =>
  z.pipe(
    z.strictObject(participantFields, { error: NO_OBJECT }).check(checkTogether),
    z.transform(withDefaultRole),
  );

/** A participant in a queue message: unknown fields are ignored, because senders may be newer. */
export const lenientParticipant = () =>
  z.pipe(
    z.object(participantFields, { error: NO_OBJECT }).check(checkTogether),
    z.transform(withDefaultRole),
  );

// By default zod also measures other values that have a length, such as a string: two errors for one fault.
const isList = { when: ({ value }: { value: unknown }) => Array.isArray(value) };

/**
 * A list of participants. zod checks the length before it checks an element, so 10,000 of them give
 * one error.
 */
export const participantList = <Participant extends z.ZodMiniType>(participant: Participant) =>
  z.array(participant, { error: 'must be an array of participants' }).check(
    z.minLength(1, { error: 'must name at least one participant', ...isList }),
    z.maxLength(MAX_PARTICIPANTS_PER_REQUEST, {
      error: `must name at most ${MAX_PARTICIPANTS_PER_REQUEST} participants`,
      ...isList,
    }),
  );
