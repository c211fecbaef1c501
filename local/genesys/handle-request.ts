import type { AccessTokens } from './access-tokens.ts';
import type { Behaviour } from './behaviour.ts';
import type { GenesysRequest, GenesysResponse } from './exchange.ts';
import { GenesysError, notFound, toErrorBody } from './genesys-error.ts';
import { type Client, issueToken } from './issue-token.ts';
import type { Operation } from './operation.ts';
import {
  addCallParticipants,
  addCallParticipantsAsCaller,
} from './operations/add-call-participants.ts';
import { addParticipants } from './operations/add-participants.ts';
import { getCallConversation } from './operations/get-call-conversation.ts';
import { getConversation } from './operations/get-conversation.ts';
import { getUser } from './operations/get-user.ts';
import { listUsers } from './operations/list-users.ts';
import { maximumConferenceParties } from './operations/maximum-conference-parties.ts';
import type { Organisation } from './organisation.ts';
import type { RateWindow } from './rate-window.ts';

/** Ordered: a fixed path comes before one with a parameter in the same place. */
const OPERATIONS: readonly Operation[] = [
  maximumConferenceParties,
  getCallConversation,
  addCallParticipantsAsCaller,
  addCallParticipants,
  getConversation,
  addParticipants,
  listUsers,
  getUser,
];

export interface Platform {
  organisation: Organisation;
  behaviour: Behaviour;
  client: Client;
  tokens: AccessTokens;
  rateWindow: RateWindow;
  newCorrelationId(): string;
}

/**
 * Handles one request as the platform does: counts it, checks its token, finds its operation and
 * carries it out. Has no sockets and no clock, so the simulation uses it unchanged.
 * @param onlyFirst an add stops after this many participants, for a fault
 */
export function handleRequest(
  platform: Platform,
  request: GenesysRequest,
  nowMs: number,
  onlyFirst = Number.POSITIVE_INFINITY,
): GenesysResponse {
  const { behaviour, tokens, organisation } = platform;
  const { headers, correlationId, exceededBy } = countRequest(platform, nowMs);
  const refuse = (error: GenesysError, more: Record<string, string> = {}): GenesysResponse => ({
    status: error.status,
    headers: { ...headers, ...more, 'content-type': 'application/json' },
    body: JSON.stringify(toErrorBody(error, correlationId)),
  });

  if (exceededBy > 0) {
    const seconds = headers['inin-ratelimit-reset'] ?? '1';
    const error = new GenesysError(
      429,
      'too.many.requests.retry.after',
      `Rate limit exceeded the maximum. Retry the request in [${seconds}] seconds`,
      {},
      {
        key: 'client.credentials.token.rate.per.minute',
        namespace: 'platform.api',
        value: behaviour.requestsPerMinute,
      },
    );
    return refuse(error, { 'retry-after': seconds });
  }
  if (request.path === '/oauth/token' && request.method === 'POST') {
    const response = issueToken(request, platform.client, () => ({
      token: tokens.issue(nowMs, behaviour.tokenLifetimeSeconds),
      expiresInSeconds: behaviour.tokenLifetimeSeconds,
    }));
    return { ...response, headers: { ...headers, ...response.headers } };
  }
  try {
    checkToken(request, (token) => tokens.isValid(token, nowMs));
    const { operation, params } = findOperation(request);
    const { status, body } = operation.carryOut({
      params,
      query: request.query,
      headers: request.headers,
      body: request.body,
      nowMs,
      organisation,
      behaviour,
      onlyFirst,
    });
    return {
      status,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
  } catch (error) {
    if (error instanceof GenesysError) return refuse(error);
    throw error;
  }
}

/** Counts a request against the limit and returns the headers of every response. */
export function countRequest(platform: Platform, nowMs: number) {
  const { count, resetSeconds } = platform.rateWindow.count(nowMs);
  const allowed = platform.behaviour.requestsPerMinute;
  const correlationId = platform.newCorrelationId();
  const headers: Record<string, string> = {
    'inin-correlation-id': correlationId,
    'inin-ratelimit-count': String(count),
    'inin-ratelimit-allowed': String(allowed),
    'inin-ratelimit-reset': String(resetSeconds),
  };
  return { headers, correlationId, exceededBy: count - allowed };
}

function checkToken(request: GenesysRequest, isValid: (token: string) => boolean): void {
  const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    throw new GenesysError(
      401,
      'authentication.required',
      'No authentication bearer token specified in authorization header.',
    );
  }
  if (!isValid(token)) {
    throw new GenesysError(401, 'bad.credentials', 'Invalid login credentials.');
  }
}

function findOperation(request: GenesysRequest): {
  operation: Operation;
  params: Record<string, string>;
} {
  for (const operation of OPERATIONS) {
    if (operation.method !== request.method) continue;
    const params = matchPath(operation.path, request.path);
    if (params) return { operation, params };
  }
  throw notFound();
}

function matchPath(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) {
      if (part !== value) return undefined;
    } else {
      params[name] = value;
    }
  }
  return params;
}
