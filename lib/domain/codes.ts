/**
 * Every code that a result, a participant or an error can carry, with its cause and remedy.
 * Codes are stable: callers branch on them. docs/results-and-codes.md lists them.
 */
export const CODES = {
  CAPACITY_EXCEEDED: {
    cause: 'The conversation does not have room for all requested people, so none were added.',
    remedy: 'Request fewer people, or wait until a participant has left.',
  },
  CONVERSATION_NOT_FOUND: {
    cause: 'Genesys Cloud cannot find the conversation.',
    remedy: 'Check the conversation id, and that the service uses the right region.',
  },
  CONVERSATION_ENDED: {
    cause: 'The conversation has ended: it has an end time, or all participants have left.',
    remedy: 'None. Participants cannot be added to an ended conversation.',
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
      'On the live platform, add users as agent and outside parties (by address) as customer. Observers and supervisors have to join with their own login.',
  },
  MEDIA_NOT_SUPPORTED: {
    cause: 'The conversation is live, but not as a voice call.',
    remedy: 'Use a voice conversation. A service can add participants to calls only.',
  },
  NO_ACTING_USER: {
    cause:
      'No Genesys Cloud user is in the call. The platform adds people only on behalf of a user in the call.',
    remedy: 'Send a new request once an agent is in the call.',
  },
  ACTING_USER_NOT_IN_CALL: {
    cause: 'The acting user named in the request is not a full, live participant of the call.',
    remedy: 'Name a user who takes part in the call, or omit actingUserId.',
  },
  ADDRESS_NOT_ALLOWED: {
    cause:
      'The configuration does not allow this address, or addresses of this kind are never dialled.',
    remedy: 'Check the address, or change ALLOWED_ADDRESSES. The detail names the rule.',
  },
  NOT_REACHABLE: {
    cause:
      'The request is for reachable people only (onlyIfReachable), and this user is not reachable.',
    remedy: 'Check the warning. Send a new request later, or without onlyIfReachable.',
  },
  FORBIDDEN: {
    cause: 'The OAuth client lacks a permission or a division.',
    remedy: 'Give the OAuth client a role with the permission that the detail names.',
  },
  INVALID_CREDENTIALS: {
    cause: 'Genesys Cloud rejected the OAuth client, or no client id and secret are stored.',
    remedy: 'Check the client id, the client secret and the region.',
  },
  GENESYS_REJECTED: {
    cause: 'Genesys Cloud rejected the request.',
    remedy: 'Read the detail. It contains the vendor code, message and correlation id.',
  },
  RATE_LIMITED: {
    cause: 'The call budget for Genesys Cloud is used up.',
    remedy: 'None. The service retries. If requests expire, raise the call budget or the deadline.',
  },
  CONVERSATION_BUSY: {
    cause: 'Another request is adding people to this conversation, or has just done so.',
    remedy: 'None. The service waits until the other request is done.',
  },
  GENESYS_UNAVAILABLE: {
    cause: 'Genesys Cloud could not be reached, or it responded with a server error.',
    remedy: 'The service retries until the deadline. Check the status page of Genesys Cloud.',
  },
  DOCUMENT_TOO_LARGE: {
    cause: 'The response of Genesys Cloud is larger than the service can read.',
    remedy: 'Check the conversation in Genesys Cloud. It lists more than is usual for a call.',
  },
  OUTCOME_UNKNOWN: {
    cause: 'An add was sent, and its effect could not be determined.',
    remedy: 'Check the conversation before you send a new request. The person may have been rung.',
  },
  DEADLINE_EXCEEDED: {
    cause: 'The request could not be carried out before its deadline.',
    remedy:
      'Read the error for the last cause. Send a new request if the conversation is still live.',
  },
  INVALID_MESSAGE: {
    cause: 'The queue message is not a valid request.',
    remedy: 'Fix the fields named in the error. The unchanged message is in the dead-letter queue.',
  },
  REQUEST_ID_CONFLICT: {
    cause: 'A request with this id and different content already exists.',
    remedy:
      'Send the message with a new requestId. The unchanged message is in the dead-letter queue.',
  },
  CANCELLED: {
    cause: 'The request was cancelled before anyone was added.',
    remedy: 'None. Send a new request if the people are still wanted.',
  },
  ATTEMPTS_EXHAUSTED: {
    cause: 'The adder failed on this request until the receives of the queue were used up.',
    remedy: 'Search the log for the request id, fix the cause, and redrive the dead letter.',
  },
  INTERNAL_ERROR: {
    cause: 'A defect in this service, or its role lacks access to a secret, the table or a queue.',
    remedy:
      'If the detail names a permission, allow it. Otherwise report it with the correlation id. The request is retried until its deadline.',
  },
} as const satisfies Record<string, { cause: string; remedy: string }>;

export type Code = keyof typeof CODES;
