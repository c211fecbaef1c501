/**
 * Every code that a result, a participant or an error can carry, with its cause and remedy.
 * Codes are stable: customers branch on them (contract 4). The README's table is this one.
 */
export const CODES = {
  CAPACITY_EXCEEDED: {
    cause: 'The people asked for do not all fit into the conversation, so nobody was added.',
    remedy: 'Ask for fewer people, or wait until somebody has left.',
  },
  CONVERSATION_NOT_FOUND: {
    cause: 'Genesys Cloud does not know the conversation.',
    remedy: 'Check the conversation id and that the service talks to the right region.',
  },
  CONVERSATION_ENDED: {
    cause: 'The conversation is over: it has an end time, or nobody is left in it.',
    remedy: 'Nothing to do: there is no conversation to be added to.',
  },
  UNKNOWN_USER: {
    cause: 'Genesys Cloud does not know this user, or the user was deleted.',
    remedy: 'Check the user id.',
  },
  INACTIVE_USER: {
    cause: 'The user exists but is inactive.',
    remedy: 'Activate the user in Genesys Cloud, or ask for somebody else.',
  },
  ROLE_NOT_SUPPORTED: {
    cause: 'The conversation does not allow this role to be added by a service.',
    remedy:
      'On the live platform add users as agent and outside parties by address as customer; observers and supervisors have to join with their own login.',
  },
  MEDIA_NOT_SUPPORTED: {
    cause: 'The conversation is live, but not as a voice call.',
    remedy: 'Only calls take participants from a service. Use a voice conversation.',
  },
  NO_ACTING_USER: {
    cause:
      'Nobody in the call is a Genesys Cloud user, and the platform adds people only on behalf of one.',
    remedy: 'Ask again once an agent is in the call.',
  },
  FORBIDDEN: {
    cause: 'The OAuth client lacks a permission or a division.',
    remedy: 'Give the OAuth client a role with the permission that the detail names.',
  },
  INVALID_CREDENTIALS: {
    cause: 'Genesys Cloud refuses the OAuth client, or no client id and secret are stored.',
    remedy: 'Check the client id, the client secret and the region.',
  },
  GENESYS_REJECTED: {
    cause: 'Genesys Cloud refused the request for a reason of its own.',
    remedy: 'Read the detail: it carries the vendor code, message and correlation id.',
  },
  RATE_LIMITED: {
    cause: 'The rate budget of the platform is spent.',
    remedy: 'The service waits by itself; raise the budget or the deadline if this ends requests.',
  },
  GENESYS_UNAVAILABLE: {
    cause: 'Genesys Cloud could not be reached or answered with a server error.',
    remedy: 'The service tries again by itself until the deadline. Check the status page.',
  },
  DEADLINE_EXCEEDED: {
    cause: 'The request could not be carried out before its deadline.',
    remedy: 'Read the error for the last cause. Ask again if the conversation still goes on.',
  },
  INVALID_MESSAGE: {
    cause: 'The queue message is not a request.',
    remedy: 'Mend what the error names; the message is in the dead-letter queue, unchanged.',
  },
  ATTEMPTS_EXHAUSTED: {
    cause: 'The function failed on this request until the queue gave it up.',
    remedy: 'Read the function log for the request id, mend the cause, redrive the dead letter.',
  },
  INTERNAL_ERROR: {
    cause: 'A defect in this service.',
    remedy: 'Report it with the correlation id. The request is tried again until its deadline.',
  },
} as const satisfies Record<string, { cause: string; remedy: string }>;

export type Code = keyof typeof CODES;
