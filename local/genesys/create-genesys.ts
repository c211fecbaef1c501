import { randomBytes, randomUUID } from 'node:crypto';
import type { Random } from '../../lib/domain/clock.ts';
import { createAccessTokens } from './access-tokens.ts';
import { type Behaviour, createBehaviour } from './behaviour.ts';
import type { Delivery, Exchange, GenesysRequest, GenesysResponse } from './exchange.ts';
import {
  createFaultPlan,
  type Fault,
  type FaultResponse,
  type FaultRule,
  isCarriedOut,
} from './faults.ts';
import { countRequest, handleRequest, type Platform } from './handle-request.ts';
import { type ClientAuthentication, clientAuthentication } from './issue-token.ts';
import { type Conversation, Organisation, type Ring, type User } from './organisation.ts';
import { createRateWindow } from './rate-window.ts';

export interface GenesysOptions extends Partial<Behaviour> {
  clientId: string;
  clientSecret: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  users?: Iterable<User>;
  conversations?: Iterable<Conversation>;
  faults?: FaultRule[];
  onEvent?: (event: GenesysEvent) => void;
  /** For faults with a probability. */
  random?: Random;
  /** For participants, media and correlation ids. */
  newId?: () => string;
  newToken?: () => string;
}

/** A request that arrived, and its outcome. Contains no secrets or tokens. */
export interface Call {
  atMs: number;
  method: string;
  path: string;
  query: string;
  /** Parsed if it is JSON; left out for token requests. */
  body?: unknown;
  authentication: 'bearer' | ClientAuthentication;
  /** Undefined while the request is running, and if no response was sent. */
  status?: number;
  /** How the exchange ended, once it has been carried out. */
  delivery?: Delivery['kind'];
  correlationId?: string;
}

export type GenesysEvent =
  /** About to be carried out. A test can let others join or leave now. */
  | { kind: 'request'; call: Call }
  | { kind: 'ring'; ring: Ring }
  /** Carried out. The response, if any, is about to be sent. */
  | { kind: 'response'; call: Call };

/** State that a test can inspect and change while the stand-in runs. */
export interface GenesysState {
  organisation: Organisation;
  /** May be changed at any time. */
  behaviour: Behaviour;
  /** May be changed at any time. */
  faults: FaultRule[];
  calls: Call[];
  /** Token requests that arrived, refused ones included. */
  tokenRequests(): number;
  /** Number of tokens issued. */
  tokensIssued(): number;
  /** Without a token: revokes all. */
  revokeToken(token?: string): void;
  /** Counts requests that other clients of the organisation take from the rate limit. */
  spendRequests(count: number): void;
}

export interface Genesys {
  state: GenesysState;
  /** Carries out a request immediately, without faults. */
  handle(request: GenesysRequest): GenesysResponse;
  /** Accepts a request. The caller decides when it is carried out. Faults apply. */
  receive(request: GenesysRequest): Exchange;
}

/** A stand-in Genesys Cloud without its own sockets, timers or randomness. */
export function createGenesys(options: GenesysOptions): Genesys {
  const {
    clientId,
    clientSecret,
    now,
    users = [],
    conversations = [],
    faults = [],
    onEvent = () => {},
    random = Math.random,
    newId = randomUUID,
    newToken = () => randomBytes(48).toString('base64url'),
    ...behaviourOptions
  } = options;
  const organisation = new Organisation(newId);
  for (const user of users) organisation.addUser(user);
  for (const conversation of conversations) organisation.addConversation(conversation);
  const tokens = createAccessTokens(newToken);
  const platform: Platform = {
    organisation,
    behaviour: createBehaviour(behaviourOptions),
    client: { clientId, clientSecret },
    tokens,
    rateWindow: createRateWindow(),
    newCorrelationId: newId,
  };
  const plan = createFaultPlan(faults, random);
  const calls: Call[] = [];

  const carryOut = (request: GenesysRequest, call: Call, fault: Fault): Delivery => {
    onEvent({ kind: 'request', call });
    const ringsBefore = organisation.rings.length;
    const delivery = deliver(platform, request, now(), fault);
    for (const ring of organisation.rings.slice(ringsBefore)) onEvent({ kind: 'ring', ring });
    call.delivery = delivery.kind;
    if ('response' in delivery) {
      call.status = delivery.response.status;
      const correlationId = delivery.response.headers['inin-correlation-id'];
      if (correlationId !== undefined) call.correlationId = correlationId;
    }
    onEvent({ kind: 'response', call });
    return delivery;
  };

  return {
    state: {
      organisation,
      behaviour: platform.behaviour,
      faults: plan.rules,
      calls,
      tokenRequests: () => calls.filter(({ path }) => path === '/oauth/token').length,
      tokensIssued: () => tokens.issued,
      revokeToken: (token) => tokens.revoke(token),
      spendRequests: (count) => void platform.rateWindow.count(now(), count),
    },
    handle: (request) => {
      const call = writeDown(request, now());
      calls.push(call);
      const delivery = carryOut(request, call, {});
      if (delivery.kind !== 'response')
        throw new Error('a request without a fault must have a response');
      return delivery.response;
    },
    receive: (request) => {
      const call = writeDown(request, now());
      calls.push(call);
      const fault = plan.next(request) ?? ownFault(platform.behaviour, request);
      return {
        waitMs: fault.waitMs ?? 0,
        carryOut: () => ({ ...carryOut(request, call, fault), delayMs: fault.delayMs ?? 0 }),
      };
    },
  };
}

/** Lost responses and slow reads, as set in the behaviour. */
function ownFault(behaviour: Behaviour, { method, path }: GenesysRequest): Fault {
  if (method === 'POST' && path.includes('/participants') && behaviour.lostResponses > 0) {
    behaviour.lostResponses -= 1;
    return { carriedOut: true, response: 'reset' };
  }
  const isRead = method === 'GET' && /^\/api\/v2\/conversations\//.test(path);
  return isRead && behaviour.slowReadsMs > 0 ? { delayMs: behaviour.slowReadsMs } : {};
}

function writeDown(request: GenesysRequest, atMs: number): Call {
  const isTokenRequest = request.path === '/oauth/token';
  const hasBearer = /^bearer /i.test(request.headers.authorization ?? '');
  return {
    atMs,
    method: request.method,
    path: request.path,
    query: request.query.toString(),
    ...(request.body === '' || isTokenRequest ? {} : { body: parseOrKeep(request.body) }),
    authentication: hasBearer ? 'bearer' : clientAuthentication(request),
  };
}

function parseOrKeep(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function deliver(
  platform: Platform,
  request: GenesysRequest,
  nowMs: number,
  fault: Fault,
): Delivery {
  const carriedOut = isCarriedOut(fault);
  const own =
    carriedOut === false
      ? undefined
      : handleRequest(
          platform,
          request,
          nowMs,
          carriedOut === true ? Number.POSITIVE_INFINITY : carriedOut,
        );
  const { response } = fault;
  if (response === 'reset' || response === 'hang') return { kind: response };
  if (typeof response === 'object') {
    return { kind: 'response', response: toResponse(platform, response, nowMs, own) };
  }
  if (!own) throw new Error('a fault that is not carried out has to say what comes back');
  return { kind: response === 'cut' ? 'cut' : 'response', response: own };
}

/** @param own the operation's response, whose headers are kept */
function toResponse(
  platform: Platform,
  { status, body = '', headers = {}, from = 'platform' }: FaultResponse,
  nowMs: number,
  own: GenesysResponse | undefined,
): GenesysResponse {
  const platformHeaders =
    from === 'gateway' ? {} : (own?.headers ?? countRequest(platform, nowMs).headers);
  const isJson = typeof body !== 'string';
  return {
    status,
    headers: {
      ...platformHeaders,
      'content-type': isJson ? 'application/json' : 'text/plain',
      ...headers,
    },
    body: isJson ? JSON.stringify(fillIn(body, platformHeaders['inin-correlation-id'])) : body,
  };
}

/** Defaults for the fields of an `ErrorBody` that a fault leaves out. */
function fillIn(body: Record<string, unknown>, contextId: string | undefined) {
  const isErrorBody = 'code' in body && 'message' in body;
  if (!isErrorBody || contextId === undefined) return body;
  return { contextId, details: [], errors: [], ...body };
}
