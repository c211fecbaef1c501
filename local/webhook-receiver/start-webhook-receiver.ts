import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { Webhook } from 'standardwebhooks';
import { listen } from '../listen.ts';

/** One attempt to deliver. */
export interface Delivery {
  /** `webhook-id`. */
  id: string;
  headers: IncomingHttpHeaders;
  /** The signed body as text. */
  body: string;
  /** True if the `standardwebhooks` package accepts the signature with one of the keys. */
  verified: boolean;
  /** Why it was refused. */
  problem?: string;
  receivedAtMs: number;
}

export interface WebhookResponse {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

export interface WebhookReceiver {
  /** For `EXTERNAL_WEBHOOK_URL`. */
  url: string;
  deliveries: Delivery[];
  /** Resolves with the first matching delivery, past or future. */
  waitFor(matches: (delivery: Delivery) => boolean): Promise<Delivery>;
  stop(): Promise<void>;
}

export interface WebhookReceiverOptions {
  /** Default 0: any free port. */
  port?: number;
  /** `whsec_…` keys, read at each delivery because they may be rotated. */
  keys: readonly string[] | (() => readonly string[]);
  onDelivery?: (delivery: Delivery) => void;
  /** Default: 204 for a verified delivery, otherwise 401. */
  respond?: (delivery: Delivery) => WebhookResponse | Promise<WebhookResponse>;
  /** Number of deliveries kept. Default 10,000. */
  keep?: number;
}

/** A receiver of Standard Webhooks that verifies each signature with the reference package. */
export async function startWebhookReceiver(
  options: WebhookReceiverOptions,
): Promise<WebhookReceiver> {
  const deliveries: Delivery[] = [];
  const waiting = new Set<(delivery: Delivery) => void>();
  const keep = options.keep ?? 10_000;
  const { keys } = options;
  const currentKeys = () => (typeof keys === 'function' ? keys() : keys);
  const respond =
    options.respond ?? (({ verified }): WebhookResponse => ({ status: verified ? 204 : 401 }));

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      // A request of a browser is not a delivery.
      response.writeHead(405, { allow: 'POST', 'content-type': 'text/plain' });
      response.end('The service sends its webhooks here. The console page shows them.\n');
      return;
    }
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const problem = verify(currentKeys(), body, request.headers);
    const delivery: Delivery = {
      id: String(request.headers['webhook-id'] ?? ''),
      headers: request.headers,
      body,
      verified: problem === undefined,
      ...(problem === undefined ? {} : { problem }),
      receivedAtMs: Date.now(),
    };
    deliveries.push(delivery);
    if (deliveries.length > keep) deliveries.shift();
    for (const tell of [...waiting]) tell(delivery);
    options.onDelivery?.(delivery);
    const wanted = await respond(delivery);
    response.writeHead(wanted.status, wanted.headers).end(wanted.body);
  }

  const server = createServer((request, response) => {
    // The sender disconnected during the body, or a test made the response fail.
    receive(request, response).catch(() => response.destroy());
  });
  const { url, stop } = await listen(server, options.port);

  return {
    url: `${url}/webhook`,
    deliveries,
    waitFor(matches) {
      const past = deliveries.find(matches);
      if (past) return Promise.resolve(past);
      return new Promise((resolve) => {
        const look = (delivery: Delivery) => {
          if (!matches(delivery)) return;
          waiting.delete(look);
          resolve(delivery);
        };
        waiting.add(look);
      });
    },
    stop,
  };
}

/** Why no key accepts the delivery; `undefined` if one does. */
function verify(
  keys: readonly string[],
  body: string,
  headers: IncomingHttpHeaders,
): string | undefined {
  let problem = 'there is no key to verify with';
  for (const key of keys) {
    try {
      new Webhook(key).verify(body, headers as Record<string, string>);
      return undefined;
    } catch (error) {
      problem = (error as Error).message;
    }
  }
  return problem;
}
