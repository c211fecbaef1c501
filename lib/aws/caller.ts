/** The caller of a request, as API Gateway's authorizer names it. */
export interface Caller {
  /** For display: an ARN, or a token's subject. Printable ASCII, at most 2,048 characters. */
  name: string;
  /** For comparison: equal exactly for requests of the same caller. */
  identity: readonly string[];
}

type Claims = Record<string, unknown> | null;

/** What API Gateway adds to an event after authorization. */
export interface AuthorizedContext {
  authorizer?:
    | {
        /** Format 2.0, IAM. */
        iam?: { userArn?: unknown } | null;
        /** Format 2.0, JWT. */
        jwt?: { claims?: Claims } | null;
        /** Format 1.0, JWT or Cognito. */
        claims?: Claims;
      }
    | null
    | undefined;
  /** Format 1.0, IAM. */
  identity?: { userArn?: unknown } | null;
}

const ANONYMOUS: Caller = { name: 'anonymous', identity: ['anonymous'] };

const ROLE_SESSION = /^(arn:[^:]*:sts::\d*:assumed-role\/[^/]+)\/.*$/s;

/**
 * All sessions of an assumed role are one caller, because a retry often comes from another session (a new
 * container, a renewed login). Two users of one role would only be confused if they chose the same
 * idempotency key, conversation and participants, and then they want the same thing.
 */
export function readCaller(context: AuthorizedContext | null | undefined): Caller {
  const authorizer = context?.authorizer;
  const arn = authorizer?.iam?.userArn ?? context?.identity?.userArn;
  if (isText(arn))
    return { name: readable(arn), identity: ['iam', arn.replace(ROLE_SESSION, '$1')] };

  const claims = authorizer?.jwt?.claims ?? authorizer?.claims;
  const subject = [claims?.sub, claims?.client_id].find(isText);
  if (subject === undefined) return ANONYMOUS;
  return {
    name: readable(subject),
    identity: ['jwt', isText(claims?.iss) ? claims.iss : '', subject],
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Makes a text valid for the queue message's `requestedBy` and for a log line. */
const readable = (name: string) => name.replace(/[^\x20-\x7e]/g, '?').slice(0, 2_048);
