/**
 * Every code that a result, a participant or an error can carry, with its cause and remedy.
 * Codes are stable: customers branch on them. docs/results-and-codes.md lists them.
 */
export const CODES = {
  CAPACITY_EXCEEDED: {
    cause: 'The people requested do not all fit into the conversation, so nobody was added.',
    remedy: 'Request fewer people, or wait until someone has left.',
  },
  CONVERSATION_NOT_FOUND: {
    cause: 'Genesys Cloud does not find the conversation.',
    remedy: 'Check the conversation id and that the service talks to the right region.',
  },
  CONVERSATION_ENDED: {
    cause: 'The conversation is over: it has an end time, or nobody is left in it.',
    remedy: 'Nothing to do: the conversation cannot take anyone.',
  },
  UNKNOWN_USER: {
    cause: 'Genesys Cloud does not know this user, or the user was deleted.',
    remedy: 'Check the user id.',
  },
  INACTIVE_USER: {
    cause: 'The user exists but is inactive.',
    remedy: 'Activate the user in Genesys Cloud, or request another person.',
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
  ACTING_USER_NOT_IN_CALL: {
    cause: 'The acting user that the request names is not a full, live participant of the call.',
    remedy: 'Name a user who takes part in the call with voice, or leave actingUserId out.',
  },
  ADDRESS_NOT_ALLOWED: {
    cause:
      'The configuration does not allow this address, or it is of a kind that is never dialled.',
    remedy: 'Check the address, or change ALLOWED_ADDRESSES. The detail names the rule.',
  },
  NOT_REACHABLE: {
    cause: 'The request adds reachable people only, and this user is not reachable now.',
    remedy: 'Read the warning. Ask again later, or without onlyIfReachable.',
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
    remedy: 'The service waits and retries; raise the budget or the deadline if requests expire.',
  },
  CONVERSATION_BUSY: {
    cause: 'Another request is adding people to this conversation, or has just done so.',
    remedy: 'The service waits until it is done. Nothing to do.',
  },
  GENESYS_UNAVAILABLE: {
    cause: 'Genesys Cloud could not be reached or answered with a server error.',
    remedy: 'The service retries until the deadline. Check the status page of Genesys Cloud.',
  },
  DOCUMENT_TOO_LARGE: {
    cause: 'The response of Genesys Cloud is larger than the service can read.',
    remedy: 'Look at the conversation in Genesys Cloud: it lists far more than a call should.',
  },
  OUTCOME_UNKNOWN: {
    cause: 'An add was sent, and nothing could tell whether it took effect.',
    remedy: 'Look at the conversation before asking again: the person may have been rung.',
  },
  DEADLINE_EXCEEDED: {
    cause: 'The request could not be carried out before its deadline.',
    remedy:
      'Read the error for the last cause. Send a new request if the conversation still goes on.',
  },
  INVALID_MESSAGE: {
    cause: 'The queue message is not a valid request.',
    remedy:
      'Fix the fields named in the error; the message is in the dead-letter queue, unchanged.',
  },
  REQUEST_ID_CONFLICT: {
    cause: 'A request with this id and other content exists already.',
    remedy: 'Send the message with a new requestId. It is in the dead-letter queue, unchanged.',
  },
  CANCELLED: {
    cause: 'The request was cancelled before anyone was added.',
    remedy: 'Nothing to do. Send a new request if the people are still wanted.',
  },
  ATTEMPTS_EXHAUSTED: {
    cause: "The function failed on this request until the queue's receives were used up.",
    remedy: 'Read the function log for the request id, fix the cause, redrive the dead letter.',
  },
  INTERNAL_ERROR: {
    cause: 'A defect in this service.',
    remedy: 'Report it with the correlation id. The request is retried until its deadline.',
  },
} as const satisfies Record<string, { cause: string; remedy: string }>;

export type Code = keyof typeof CODES;
