import type { LookupFunction } from 'node:net';
import type { Clock } from '../domain/clock.ts';
import { HttpFault, type HttpRequest, type SendHttp } from '../http/send-http.ts';
import { signWebhook } from './sign-webhook.ts';
import type { SigningKey } from './signing-keys.ts';
import { judgeAnswer, judgeFault, type Verdict } from './verdict.ts';

/** The whole try, whatever the receiver does (contract 5). */
export const TRY_LIMIT_MS = 15_000;
/** Nobody reads the answer's body; it is taken in so that the connection can be used again. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** Connections that may turn out to have been closed while they lay idle, in one try. */
const MAX_STALE_CONNECTIONS = 10;

export interface WebhookDelivery {
  url: string;
  /** `webhook-id`: the same at every try of an event. */
  id: string;
  /** Posted byte for byte. */
  body: string;
  /** None: sent unsigned. */
  keys: readonly SigningKey[];
}

export interface DeliverWebhookOptions {
  sendHttp: SendHttp;
  clock: Clock;
  /** Name resolution that keeps to the addresses where webhooks may go. */
  lookup?: LookupFunction | undefined;
  /** Default `TRY_LIMIT_MS`. */
  tryLimitMs?: number | undefined;
}

/** Makes one try to deliver an event by Standard Webhooks 1.0.0, and judges what came of it. */
export type DeliverWebhook = (delivery: WebhookDelivery) => Promise<Verdict>;

export function createDeliverWebhook(options: DeliverWebhookOptions): DeliverWebhook {
  const { sendHttp, clock, lookup, tryLimitMs = TRY_LIMIT_MS } = options;

  return async ({ url, id, body, keys }) => {
    const startedAtMs = clock.now();
    const timestampSeconds = Math.floor(startedAtMs / 1000);
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'user-agent': 'genesys-automated-adder',
      'webhook-id': id,
      'webhook-timestamp': String(timestampSeconds),
    };
    if (keys.length > 0) {
      headers['webhook-signature'] = signWebhook({ id, timestampSeconds, body }, keys);
    }
    const request: Omit<HttpRequest, 'timeoutMs'> = {
      method: 'POST',
      url,
      headers,
      body,
      maxResponseBytes: MAX_ANSWER_BYTES,
      ...(lookup ? { lookup } : {}),
    };
    for (let stale = 0; ; stale++) {
      const timeoutMs = Math.max(1, startedAtMs + tryLimitMs - clock.now());
      try {
        return judgeAnswer(await sendHttp({ ...request, timeoutMs }), clock.now());
      } catch (fault) {
        // A Lambda that was frozen finds its idle connections closed: no fault of the receiver's.
        if (isStaleConnection(fault) && stale < MAX_STALE_CONNECTIONS) continue;
        return judgeFault(fault, clock.now());
      }
    }
  };
}

function isStaleConnection(fault: unknown): boolean {
  return (
    fault instanceof HttpFault &&
    fault.kind === 'connection' &&
    fault.reusedConnection &&
    fault.answer === undefined
  );
}
