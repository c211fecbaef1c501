import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { unpackBody } from './unpack-body.ts';

export interface HttpRequest {
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  /** Sent as it is, in UTF-8. */
  body?: string;
  /** For the whole exchange: connecting, sending, and reading the answer to its end. */
  timeoutMs: number;
  /** The rest of a longer answer, packed or unpacked, is left unread and the connection closed. Default 1 MiB. */
  maxResponseBytes?: number;
  /** Replaces the name resolution of this request. */
  lookup?: LookupFunction;
  /** Not on a connection that was kept alive: it may turn out to be dead. */
  newConnection?: boolean;
}

export interface HttpResponse {
  status: number;
  /** Names in lower case; values of repeated headers joined by a comma. */
  headers: Record<string, string>;
  /** Unpacked, without a byte order mark. */
  body: string;
  /** The answer was longer than `maxResponseBytes`. */
  truncated: boolean;
}

/** Sends one request and reads its answer. Redirects are not followed. */
export type SendHttp = (request: HttpRequest) => Promise<HttpResponse>;

/** No answer: the connection could not be made, broke, or took too long. */
export class HttpError extends Error {
  readonly kind: 'timeout' | 'connection';
  /** A kept-alive connection broke: most likely the server had closed it while it lay idle. */
  readonly reusedConnection: boolean;
  /** The head of an answer that had begun and did not come to its end. */
  readonly answer: Pick<HttpResponse, 'status' | 'headers'> | undefined;

  constructor(
    kind: 'timeout' | 'connection',
    message: string,
    options: { reusedConnection?: boolean; answer?: HttpError['answer']; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HttpError';
    this.kind = kind;
    this.reusedConnection = options.reusedConnection ?? false;
    this.answer = options.answer;
  }
}

const DEFAULT_MAX_RESPONSE_BYTES = 1024 * 1024;

/**
 * An HTTP client on `node:http`: the AWS SDK has loaded that module already, where `fetch` would
 * cost a cold start of its own. Connections are kept alive; the timeout bounds the whole exchange.
 * @throws HttpError
 */
export function createSendHttp(): SendHttp {
  const keepAlive = { keepAlive: true, keepAliveMsecs: 1_000, maxSockets: 50 };
  const httpAgent = new HttpAgent(keepAlive);
  const httpsAgent = new HttpsAgent(keepAlive);

  return (request) =>
    new Promise((resolve, reject) => {
      const url = new URL(request.url);
      const secure = url.protocol === 'https:';
      const where = `${request.method} ${url.origin}${url.pathname}`;
      const headers: Record<string, string> = { ...request.headers };
      if (request.body !== undefined) {
        headers['content-length'] = String(Buffer.byteLength(request.body));
      }
      const outgoing = (secure ? httpsRequest : httpRequest)(url, {
        method: request.method,
        headers,
        agent: request.newConnection ? false : secure ? httpsAgent : httpAgent,
        ...(request.lookup ? { lookup: request.lookup } : {}),
      });
      let answer: HttpError['answer'];
      const timer = setTimeout(() => {
        // Rejected here and not by the 'error' event: once the answer has begun, that would speak
        // of a closed connection.
        reject(
          new HttpError('timeout', `${where}: no complete answer within ${request.timeoutMs} ms`, {
            answer,
          }),
        );
        outgoing.destroy();
      }, request.timeoutMs);
      const fail = (cause: Error) => {
        clearTimeout(timer);
        reject(
          new HttpError('connection', `${where}: ${cause.message}`, {
            reusedConnection:
              outgoing.reusedSocket && answer === undefined && isConnectionLoss(cause),
            answer,
            cause,
          }),
        );
      };
      outgoing.on('error', fail);
      // Nobody asked for another protocol (101). Without this, Node would drop the answer in silence.
      outgoing.on('upgrade', (_, socket) => {
        socket.destroy();
        fail(new Error('the server switched protocols'));
      });
      outgoing.on('response', (incoming) => {
        const head = { status: incoming.statusCode ?? 0, headers: flatten(incoming.headers) };
        answer = head;
        const maxBytes = request.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES;
        readBody(incoming, maxBytes).then(({ bytes, truncated }) => {
          clearTimeout(timer);
          const whole = truncated
            ? { bytes, truncated }
            : unpackBody(bytes, head.headers['content-encoding'], maxBytes);
          const body = whole.bytes.toString('utf8').replace(/^\uFEFF/, '');
          resolve({ ...head, body, truncated: whole.truncated });
        }, fail);
      });
      outgoing.end(request.body);
    });
}

/** The connection went away by itself, and no part of an answer had come. */
function isConnectionLoss({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}

function flatten(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

function readBody(
  incoming: IncomingMessage,
  maxBytes: number,
): Promise<{ bytes: Buffer; truncated: boolean }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, maxBytes - size));
      size += chunk.length;
      if (size > maxBytes) {
        resolve({ bytes: Buffer.concat(chunks), truncated: true });
        incoming.destroy();
      }
    });
    incoming.on('end', () => resolve({ bytes: Buffer.concat(chunks), truncated: false }));
    incoming.on('error', reject);
    incoming.on('aborted', () => reject(new Error('the connection closed in mid-answer')));
  });
}
