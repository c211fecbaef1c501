import type { LookupFunction } from 'node:net';
import type { Clock } from '../domain/clock.ts';
import type { Redactor } from '../domain/redact.ts';
import { HttpError, type SendHttp } from '../http/send-http.ts';
import { type DeliveryOutcome, judgeError, judgeResponse } from './delivery-outcome.ts';
import { signWebhook } from './sign-webhook.ts';
import type { SigningKey } from './signing-keys.ts';

/** For a whole try: connecting, sending, and the response. */
export const TRY_LIMIT_MS = 15_000;
/** The body is ignored. It is read so that the connection can be reused. */
const MAX_RESPONSE_BYTES = 64 * 1024;

/** Longest error of a try, in characters. */
const MAX_ERROR = 300;

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
  /** Clears errors of secrets and control characters. */
  redactor: Pick<Redactor, 'clean'>;
}

/** Makes one try to deliver an event (Standard Webhooks 1.0.0) and judges the outcome. */
export type DeliverWebhook = (delivery: WebhookDelivery) => Promise<DeliveryOutcome>;

export function createDeliverWebhook(options: DeliverWebhookOptions): DeliverWebhook {
  const { sendHttp, clock, lookup, tryLimitMs = TRY_LIMIT_MS, redactor } = options;

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
    const post = async (newConnection: boolean): Promise<DeliveryOutcome> => {
      try {
        const response = await sendHttp({
          method: 'POST',
          url,
          headers,
          body,
          timeoutMs: Math.max(1, startedAtMs + tryLimitMs - clock.now()),
          maxResponseBytes: MAX_RESPONSE_BYTES,
          newConnection,
          ...(lookup ? { lookup } : {}),
        });
        return judgeResponse(response, clock.now());
      } catch (fault) {
        // The receiver closed an idle connection, most likely while Lambda had frozen this instance.
        if (!newConnection && isStaleConnection(fault)) return post(true);
        const outcome = judgeError(fault, clock.now());
        if (outcome.kind !== 'failed') return outcome;
        // A TLS error quotes the receiver's certificate.
        return { ...outcome, error: redactor.clean(outcome.error, MAX_ERROR) };
      }
    };
    return post(false);
  };
}

function isStaleConnection(fault: unknown): boolean {
  return (
    fault instanceof HttpError &&
    fault.kind === 'connection' &&
    fault.reusedConnection &&
    fault.response === undefined
  );
}
