import type { Code } from '../../domain/codes.ts';
import type { Remedy } from './genesys-error.ts';

/** The calls that the service makes. */
export type Operation = 'token' | 'read-conversation' | 'read-users' | 'read-user' | 'add';

export interface ResponseRule {
  status: number;
  /** The vendor's code; absent: any code of that status that has no rule of its own. */
  vendorCode?: string;
  /** Only for this call; absent: for all. */
  operation?: Operation;
  code: Code;
  remedy: Remedy;
  /** What the operator or the caller can do about it. */
  hint: string;
}

const CHECK_CREDENTIALS = 'check the client id, the secret, and the region';
/** The permission that a call needs, on the live platform and in the generic contract. */
const PERMISSIONS: Partial<Record<Operation, string>> = {
  'read-conversation': 'conversation:communication:view (generic contract: conversation:read)',
  add: 'conversation:agentlessCall:add (generic contract: conversation:participants:add)',
  // The vendor's description of the live platform names none for reading users.
  'read-users': 'user:read (generic contract)',
  'read-user': 'user:read (generic contract)',
};
const ASKS_WRONGLY = 'the request does not suit this conversation; see the vendor message';
const WAITS = 'the service retries automatically';
/** Redirects are not followed: they would take the token to another host. */
const REDIRECTED = {
  code: 'GENESYS_REJECTED',
  remedy: 'fatal',
  hint: 'redirects are not followed; set GENESYS_ENV to the region or to the address of the API',
} as const;

/**
 * Every response that is not a success: status and vendor code → our code, the handling, and a hint. The
 * first rule that matches applies, so rules for an operation or a vendor code precede the general one of
 * their status. Codes: the vendor's description of the operations; the OAuth ones: RFC 6749, section 5.2.
 */
export const RESPONSE_RULES: readonly ResponseRule[] = [
  // The token endpoint has error codes of its own.
  ...['invalid_client', 'invalid_grant', 'unauthorized_client', 'invalid_request'].flatMap(
    (vendorCode): ResponseRule[] =>
      [400, 401].map((status) => ({
        status,
        vendorCode,
        operation: 'token',
        code: 'INVALID_CREDENTIALS',
        remedy: 'fatal',
        hint: CHECK_CREDENTIALS,
      })),
  ),
  ...[400, 401, 403, 404].map(
    (status): ResponseRule => ({
      status,
      operation: 'token',
      code: 'INVALID_CREDENTIALS',
      remedy: 'fatal',
      hint: CHECK_CREDENTIALS,
    }),
  ),

  // 400
  {
    status: 400,
    vendorCode: 'conversation.error.cannot.merge.alerting.conference',
    code: 'GENESYS_REJECTED',
    remedy: 'retry',
    hint: 'a participant is still ringing; the service retries until the deadline',
  },
  {
    status: 400,
    vendorCode: 'not.a.user',
    code: 'ROLE_NOT_SUPPORTED',
    remedy: 'reject',
    hint: "this needs a user's own login; a service cannot do it",
  },
  ...['bad.request', 'invalid.value', 'invalid.property', 'constraint.validation'].map(
    (vendorCode): ResponseRule => ({
      status: 400,
      vendorCode,
      code: 'GENESYS_REJECTED',
      remedy: 'reject',
      hint: ASKS_WRONGLY,
    }),
  ),

  // 401
  {
    status: 401,
    vendorCode: 'ip.not.authorized',
    code: 'FORBIDDEN',
    remedy: 'fatal',
    hint: "allow this service's IP address for the organisation; a new token does not help",
  },
  ...['authentication.required', 'bad.credentials'].map(
    (vendorCode): ResponseRule => ({
      status: 401,
      vendorCode,
      code: 'INVALID_CREDENTIALS',
      remedy: 'new-token',
      hint: CHECK_CREDENTIALS,
    }),
  ),
  { status: 401, code: 'INVALID_CREDENTIALS', remedy: 'new-token', hint: CHECK_CREDENTIALS },

  // 403
  {
    status: 403,
    vendorCode: 'conversation.error.forbidden.not.active.participant',
    operation: 'add',
    code: 'NO_ACTING_USER',
    remedy: 'next-acting-user',
    hint: 'the acting user has left the call; the service reads it again and uses another one',
  },
  ...[
    'missing.permissions',
    'missing.any.permissions',
    'missing.division.permission',
    'missing.any.division.permissions',
    'not.authorized',
  ].flatMap(forbidden),
  {
    status: 403,
    vendorCode: 'app.not.authorized.for.scope',
    code: 'FORBIDDEN',
    remedy: 'fatal',
    hint: 'use an OAuth client with the client-credentials grant, which has roles instead of scopes',
  },
  {
    status: 403,
    vendorCode: 'authz.policy.denied',
    code: 'FORBIDDEN',
    remedy: 'fatal',
    hint: 'an access policy of the organisation forbids it; allow this OAuth client in the policy',
  },
  ...forbidden(undefined),

  // A 404 means something different for each call.
  {
    status: 404,
    operation: 'read-conversation',
    code: 'CONVERSATION_NOT_FOUND',
    // A conversation in its first seconds may not be found yet.
    remedy: 'look-again',
    hint: 'check the conversation id and that GENESYS_ENV names the right region',
  },
  {
    status: 404,
    operation: 'add',
    code: 'GENESYS_REJECTED',
    remedy: 're-read',
    hint: 'the acting user has left or the conversation has ended; the service reads it again',
  },
  {
    status: 404,
    code: 'UNKNOWN_USER',
    remedy: 'reject',
    hint: 'check the user id',
  },

  // 408, 409
  { status: 408, code: 'GENESYS_UNAVAILABLE', remedy: 'retry', hint: WAITS },
  {
    status: 409,
    vendorCode: 'conversation.error.outbound.call.cannot.be.placed',
    code: 'GENESYS_REJECTED',
    remedy: 'reject',
    hint: 'check the address, and that the organisation may place outbound calls to it',
  },
  {
    status: 409,
    vendorCode: 'request.conflict',
    code: 'GENESYS_REJECTED',
    remedy: 're-read',
    hint: 'the conversation was changed at the same time; the service reads it again',
  },
  {
    status: 409,
    code: 'GENESYS_REJECTED',
    remedy: 're-read',
    hint: 'a person is in already; the service reads the conversation again',
  },

  // 413, 415, 422
  ...[413, 415].map(
    (status): ResponseRule => ({
      status,
      code: 'GENESYS_REJECTED',
      remedy: 'reject',
      hint: 'report this: the platform does not accept the request that the service sent',
    }),
  ),
  { status: 422, code: 'GENESYS_REJECTED', remedy: 'reject', hint: ASKS_WRONGLY },

  // 429
  {
    status: 429,
    code: 'RATE_LIMITED',
    remedy: 'retry',
    hint: 'the service waits for as long as the platform asks',
  },

  // 5xx
  {
    status: 500,
    vendorCode: 'providerapi.error.station.no.active.edge',
    code: 'GENESYS_UNAVAILABLE',
    remedy: 'retry',
    hint: 'the telephony edge of a station is down; see the status of the edges',
  },
  ...[500, 502, 503, 504].map(
    (status): ResponseRule => ({
      status,
      code: 'GENESYS_UNAVAILABLE',
      remedy: 'retry',
      hint: WAITS,
    }),
  ),
];

/** One rule for each call, because each needs a permission of its own. */
function forbidden(vendorCode: string | undefined): ResponseRule[] {
  return Object.entries(PERMISSIONS).map(([operation, permission]) => ({
    status: 403,
    ...(vendorCode === undefined ? {} : { vendorCode }),
    operation: operation as Operation,
    code: 'FORBIDDEN',
    remedy: 'fatal',
    hint: `give the OAuth client a role with ${permission} in the divisions concerned`,
  }));
}

/** Whether this code has its own rule, besides the general one of its status. */
export function hasRuleOfItsOwn(operation: Operation, status: number, vendorCode: string): boolean {
  return ruleFor(operation, status, vendorCode).vendorCode === vendorCode;
}

/** The rule for a response. Undocumented ones: 5xx is temporary, everything else is final. */
export function ruleFor(operation: Operation, status: number, vendorCode?: string): ResponseRule {
  const rule = RESPONSE_RULES.find(
    (candidate) =>
      candidate.status === status &&
      (candidate.operation === undefined || candidate.operation === operation) &&
      (candidate.vendorCode === undefined || candidate.vendorCode === vendorCode),
  );
  if (rule) return rule;
  if (status >= 300 && status < 400) return { ...REDIRECTED, status };
  return status >= 500
    ? { status, code: 'GENESYS_UNAVAILABLE', remedy: 'retry', hint: WAITS }
    : { status, code: 'GENESYS_REJECTED', remedy: 'reject', hint: ASKS_WRONGLY };
}
