import { GRANT_LIFE_MS } from '../../domain/call-window.ts';
import type { Clock, Random } from '../../domain/clock.ts';
import { type Fields, parseJson } from '../../domain/json.ts';
import type { Redactor } from '../../domain/redact.ts';
import { RETRIES_IN_PLACE, retryInPlaceDelayMs, SHORT_WAIT_MS } from '../../domain/retry-policy.ts';
import {
  HttpError,
  type HttpRequest,
  type HttpResponse,
  type SendHttp,
} from '../../http/send-http.ts';
import type { CallAllowance } from '../pace/call-allowance.ts';
import { waitForCalls } from '../pace/wait-for-calls.ts';
import type { TokenSource } from '../token/token-source.ts';
import { type CallBudget, OutOfTimeError } from './call-budget.ts';
import { GenesysError } from './genesys-error.ts';
import { redactResponse } from './redact-response.ts';
import type { GenesysHost } from './region.ts';
import type { Operation } from './response-rules.ts';
import {
  httpErrorToGenesysError,
  toGenesysError,
  tooLarge,
  unreadable,
} from './to-genesys-error.ts';

/** Timeouts. */
export const READ_TIMEOUT_MS = 10_000;
export const POST_TIMEOUT_MS = 15_000;

/** No read is retried in place later than this after its first attempt, so one that hangs is not retried. */
export const READ_PATIENCE_MS = 5_000;

/** Several documents of this size fit into a function with 256 MB. A larger one is not read. */
const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;
/** Without this header a server may compress its response (RFC 9110, section 12.5.3). */
const ACCEPT = { accept: 'application/json', 'accept-encoding': 'identity' };

/** Token refusals per call: each new token is tried twice, and the stored one may be old. */
const MAX_TOKEN_REPLACEMENTS = 3;

export interface GenesysClientOptions {
  host: GenesysHost;
  sendHttp: SendHttp;
  tokens: Omit<TokenSource, 'prefetch'>;
  allowance: CallAllowance;
  /** Redacts every response before it is read. */
  redactor: Redactor;
  /** Resolves once the redactor knows the secrets. Never rejects. */
  learnSecrets?: (() => Promise<void>) | undefined;
  clock: Clock;
  random: Random;
}

/** Calls the Genesys Cloud API within the call budget and the time limit of a request. */
export interface GenesysClient {
  /**
   * Reads a document. Temporary failures are retried.
   * @param path with its query, starting with `/api`
   * @param patienceMs no retry starts later than this after the first attempt. Default 5 s
   * @throws GenesysError, AdderError, OutOfTimeError
   */
  read(
    operation: Operation,
    path: string,
    budget: CallBudget,
    patienceMs?: number,
  ): Promise<Fields>;
  /**
   * Posts a document once. After a failure that is not a clear refusal, the caller has to read the
   * outcome before it posts again. A success without a body is `null`.
   * @throws GenesysError, AdderError, OutOfTimeError
   */
  post(operation: Operation, path: string, body: unknown, budget: CallBudget): Promise<unknown>;
}

export function createGenesysClient(options: GenesysClientOptions): GenesysClient {
  const { host, sendHttp, tokens, allowance, redactor, learnSecrets, clock, random } = options;
  /** A proxy may drop idle connections silently. */
  let idleConnectionsBreak = false;

  /** Uses a call that was granted in advance, or acquires one. @throws AdderError `RATE_LIMITED`, OutOfTimeError */
  async function takeCall(budget: CallBudget, startByMs: number): Promise<void> {
    const { grant, callerId, priority } = budget;
    if (!grant || grant.calls === 0) {
      await waitForCalls({ allowance, clock }, 1, { callerId, priority, startByMs });
      return;
    }
    if (clock.now() > startByMs) throw new OutOfTimeError('a request to Genesys Cloud');
    if (clock.now() - grant.grantedAtMs > GRANT_LIFE_MS) {
      const { calls } = grant;
      const replaces = { ...grant };
      grant.calls = 0;
      const options = { callerId, priority, startByMs, replaces };
      budget.grant = await waitForCalls({ allowance, clock }, calls, options);
      budget.grant.calls -= 1;
    } else grant.calls -= 1;
  }

  /** One HTTP exchange. @throws GenesysError if there was no response, AdderError, OutOfTimeError */
  async function exchange(
    operation: Operation,
    request: HttpRequest,
    budget: CallBudget,
  ): Promise<HttpResponse> {
    // Reads may follow the deadline, to determine the outcome of a POST. A POST starts before it.
    const latestMs = request.method === 'POST' ? budget.deadlineMs - 1 : Number.POSITIVE_INFINITY;
    const startByMs = Math.min(budget.finishByMs - request.timeoutMs, latestMs);
    await takeCall(budget, startByMs);
    // Taking the call may have taken its time.
    if (clock.now() > startByMs) throw new OutOfTimeError('a request to Genesys Cloud');
    budget.calls += 1;
    const learned = learnSecrets?.();
    const response = await sendHttp(request).then(
      async (received) => {
        await learned;
        return redactResponse(received, redactor);
      },
      (fault) => {
        throw httpErrorToGenesysError(operation, fault);
      },
    );
    allowance.observe(response);
    const correlationId = response.headers['inin-correlation-id'];
    if (correlationId) budget.correlationIds.push(correlationId);
    return response;
  }

  /** One call with a token that Genesys Cloud accepts. @throws GenesysError, AdderError, OutOfTimeError */
  async function call(
    operation: Operation,
    request: HttpRequest,
    budget: CallBudget,
  ): Promise<unknown> {
    let token = await tokens.get(budget.finishByMs);
    for (let replacements = 0; ; replacements += 1) {
      const response = await exchange(
        operation,
        { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } },
        budget,
      );
      if (response.status >= 200 && response.status < 300) {
        tokens.accepted(token);
        return readDocument(operation, request, response);
      }
      const error = toGenesysError(operation, response, clock.now());
      if (error.remedy !== 'new-token' || replacements === MAX_TOKEN_REPLACEMENTS) {
        await learnFrom(error, token);
        throw error;
      }
      token = await tokens.replace(token, budget.finishByMs);
    }
  }

  /** Records what a refusal says about the token and the rate limit. */
  async function learnFrom(error: GenesysError, token: string): Promise<void> {
    const { remedy, status = 0, retryAfterMs } = error;
    // A gateway's 5xx says nothing about the token, nor does a 401 for another reason.
    if (remedy !== 'new-token' && status < 500 && status !== 401) tokens.accepted(token);
    if (status === 429 && retryAfterMs !== undefined) {
      await allowance.pauseUntil(clock.now() + retryAfterMs);
    }
  }

  /** The wait before a read is retried in the function. `undefined`: it is not retried. */
  function readAgainInMs(error: unknown, retry: number): number | undefined {
    if (!(error instanceof GenesysError) || error.remedy !== 'retry') return undefined;
    // The server had closed the idle connection, so the next attempt will probably succeed.
    if (retry === 0 && onReusedConnection(error)) return 0;
    if (retry >= RETRIES_IN_PLACE) return undefined;
    if (error.retryAfterMs === undefined) return retryInPlaceDelayMs(retry, random);
    // Nothing is called for the time that a 429 names, and this request is not the first one afterwards.
    if (error.status === 429) return undefined;
    return error.retryAfterMs <= SHORT_WAIT_MS ? error.retryAfterMs : undefined;
  }

  async function waitToReadAgain({ status }: GenesysError, delayMs: number): Promise<void> {
    // A 429 without a delay applies to all calls.
    if (status === 429) await allowance.pauseUntil(clock.now() + delayMs);
    else if (delayMs > 0) await clock.sleep(delayMs);
  }

  /** Reads after the deadline only determine the outcome of an earlier POST. */
  function readTimeoutMs({ deadlineMs }: CallBudget): number {
    const leftMs = deadlineMs - clock.now();
    return leftMs > 0 ? Math.min(READ_TIMEOUT_MS, leftMs) : READ_TIMEOUT_MS;
  }

  return {
    async read(operation, path, budget, patienceMs = READ_PATIENCE_MS) {
      const noLaterThanMs = Math.min(
        budget.finishByMs,
        budget.deadlineMs,
        clock.now() + patienceMs,
      );
      const request = (): HttpRequest => ({
        method: 'GET',
        url: `${host.apiUrl}${path}`,
        headers: ACCEPT,
        timeoutMs: readTimeoutMs(budget),
        maxResponseBytes: MAX_DOCUMENT_BYTES,
      });
      for (let retry = 0; ; retry += 1) {
        try {
          return (await call(operation, request(), budget)) as Fields;
        } catch (error) {
          const delayMs = readAgainInMs(error, retry);
          if (delayMs === undefined || clock.now() + delayMs >= noLaterThanMs) throw error;
          await waitToReadAgain(error as GenesysError, delayMs);
        }
      }
    },

    async post(operation, path, body, budget) {
      const request: HttpRequest = {
        method: 'POST',
        url: `${host.apiUrl}${path}`,
        headers: { ...ACCEPT, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        timeoutMs: POST_TIMEOUT_MS,
        maxResponseBytes: MAX_DOCUMENT_BYTES,
        ...(idleConnectionsBreak ? { newConnection: true } : {}),
      };
      try {
        return await call(operation, request, budget);
      } catch (error) {
        // Such a POST is treated like any lost response. The next one uses a new connection.
        if (onReusedConnection(error)) idleConnectionsBreak = true;
        throw error;
      }
    },
  };
}

/** @throws GenesysError if the body is not what the operation returns */
function readDocument(
  operation: Operation,
  { method }: HttpRequest,
  response: HttpResponse,
): unknown {
  if (method === 'GET' && response.truncated) throw tooLarge(operation, response);
  if (method === 'POST' && response.body.trim() === '') return null;
  const document = parseJson(response.body);
  const isList = Array.isArray(document) && method === 'GET';
  if (typeof document !== 'object' || document === null || isList) {
    throw unreadable(operation, response);
  }
  return document;
}

function onReusedConnection(error: unknown): boolean {
  const fault = error instanceof GenesysError ? error.cause : undefined;
  return fault instanceof HttpError && fault.kind === 'connection' && fault.reusedConnection;
}
