import { createHmac, timingSafeEqual } from 'node:crypto';
import { isLocalHost } from '../is-local-host.ts';
import type { Credentials } from '../system/local-credentials.ts';
import { hasValidSignature, type SignedRequest, signRequest } from './sign-request.ts';

/** `LOCAL_AUTH`: who may call the local API. */
export const LOCAL_AUTHS = ['none', 'iam', 'jwt'] as const;
export type LocalAuth = (typeof LOCAL_AUTHS)[number];

/** What of an HTTP API's event (format 2.0) an authorizer looks at. */
interface HttpEvent {
  rawPath?: string;
  rawQueryString?: string;
  headers?: Record<string, string>;
  body?: string | null;
  isBase64Encoded?: boolean;
  requestContext?: { http?: { method?: string }; [field: string]: unknown };
}

export type Verdict = { event: unknown } | { response: object };

export interface LocalAuthorizer {
  /** The event with its caller in it, or API Gateway's own response to one that is refused. */
  authorize(event: unknown): Verdict;
  /** Headers by which a request is let in, for the console page. */
  headersFor(request: SignedRequest): Record<string, string>;
  /** Tokens that are let in (`jwt` only). */
  tokens?: LocalTokens;
}

/** Tokens for all routes, and for a part of them, so that a client's handling of 403 can be tried. */
export type LocalTokens = Record<'all' | LocalScope, string>;

/** Scopes of the routes. A deployed API has those of its parameters (`jwtAddScopes` and others). */
const LOCAL_SCOPES = ['add', 'read', 'cancel'] as const;
type LocalScope = (typeof LOCAL_SCOPES)[number];

const TOKEN_LIFETIME_SECONDS = 86_400;
const ISSUER = 'https://issuer.local/';
const USER_ARN = 'arn:aws:sts::000000000000:assumed-role/local/console';

/**
 * API Gateway's authorizer on this machine, so that a client's handling of 401 and 403 can be tried:
 * signatures by the credentials of this start, or tokens that were signed with their secret. Requests to
 * another host than this machine are refused in every mode.
 */
export function createLocalAuthorizer(
  mode: LocalAuth,
  credentials: Credentials,
  region: string,
  now: () => number,
): LocalAuthorizer {
  const { authorize, ...authorizer } = createAuthorizer(mode, credentials, region, now);
  return {
    ...authorizer,
    // A web page whose host name resolves to this machine (DNS rebinding) would get in otherwise.
    authorize: (event) =>
      isLocalHost((event as HttpEvent).headers?.host)
        ? authorize(event)
        : refusal(403, 'Forbidden'),
  };
}

function createAuthorizer(
  mode: LocalAuth,
  credentials: Credentials,
  region: string,
  now: () => number,
): LocalAuthorizer {
  if (mode === 'iam') {
    return {
      authorize: (event) =>
        hasValidSignature(toRequest(event as HttpEvent), credentials, now())
          ? withAuthorizer(event, {
              iam: { accessKey: credentials.accessKeyId, userArn: USER_ARN },
            })
          : refusal(403, 'Forbidden'),
      headersFor: (request) => signRequest(request, credentials, region, now()),
    };
  }
  if (mode === 'jwt') {
    const token = (...scopes: LocalScope[]) =>
      createToken(credentials.secretAccessKey, now(), scopes);
    const tokens = {
      all: token(...LOCAL_SCOPES),
      add: token('add'),
      read: token('read'),
      cancel: token('cancel'),
    };
    return {
      authorize(event) {
        const { headers = {} } = event as HttpEvent;
        const [, given = ''] = /^(?:Bearer )?(\S+)$/i.exec(headers.authorization ?? '') ?? [];
        const claims = readToken(given, credentials.secretAccessKey, now());
        if (!claims) return refusal(401, 'Unauthorized', 'Bearer');
        const needed = scopeOf(event as HttpEvent);
        return claims.scope.split(' ').includes(needed)
          ? withAuthorizer(event, { jwt: { claims, scopes: [needed] } })
          : refusal(403, 'Forbidden', `Bearer scope="${needed}" error="insufficient_scope"`);
      },
      headersFor: () => ({ authorization: `Bearer ${tokens.all}` }),
      tokens,
    };
  }
  return { authorize: (event) => ({ event }), headersFor: () => ({}) };
}

function toRequest(event: HttpEvent): SignedRequest {
  const body = event.body ?? '';
  return {
    method: event.requestContext?.http?.method ?? '',
    path: event.rawPath ?? '',
    query: event.rawQueryString ?? '',
    headers: event.headers ?? {},
    body: event.isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body,
  };
}

function withAuthorizer(event: unknown, authorizer: object): Verdict {
  const { requestContext, ...rest } = event as HttpEvent;
  return { event: { ...rest, requestContext: { ...requestContext, authorizer } } };
}

/** The scope of a route, as serverless.yml assigns them. */
function scopeOf({ rawPath = '', requestContext }: HttpEvent): LocalScope {
  if (!/^\/requests(\/|$)|^\/conversations\/[^/]+\/requests$/.test(rawPath)) return 'add';
  const isOne = /^\/requests\/[^/]+$/.test(rawPath);
  return requestContext?.http?.method === 'DELETE' && isOne ? 'cancel' : 'read';
}

/**
 * As API Gateway words it: not a problem document.
 * @param challenge what the token lacks (RFC 6750, section 3)
 */
function refusal(statusCode: 401 | 403, message: string, challenge?: string): Verdict {
  return {
    response: {
      statusCode,
      headers: {
        'content-type': 'application/json',
        ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
      },
      body: JSON.stringify({ message }),
    },
  };
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const signatureOf = (text: string, secret: string) =>
  createHmac('sha256', secret).update(text).digest();

function createToken(secret: string, nowMs: number, scopes: readonly LocalScope[]): string {
  const seconds = Math.floor(nowMs / 1000);
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({
    iss: ISSUER,
    sub: 'local',
    scope: scopes.join(' '),
    iat: seconds,
    exp: seconds + TOKEN_LIFETIME_SECONDS,
  })}`;
  return `${text}.${signatureOf(text, secret).toString('base64url')}`;
}

/** The claims of a token that is signed with the secret and has not expired. */
function readToken(token: string, secret: string, nowMs: number) {
  const [, text = '', payload = '', signature = ''] =
    /^([\w-]+\.([\w-]+))\.([\w-]+)$/.exec(token) ?? [];
  const given = Buffer.from(signature, 'base64url');
  const expected = signatureOf(text, secret);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as {
    exp: number;
    scope: string;
    [claim: string]: unknown;
  };
  return claims.exp * 1000 > nowMs ? claims : undefined;
}
