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
  /** For the whole exchange: connecting, sending, and reading the complete response. */
  timeoutMs: number;
  /** The rest of a longer response (compressed or not) is not read, and the connection is closed. Default 1 MiB. */
  maxResponseBytes?: number;
  /** Replaces the name resolution of this request. */
  lookup?: LookupFunction;
  /** Uses a new connection, because a kept-alive one may be dead. */
  newConnection?: boolean;
}

export interface HttpResponse {
  status: number;
  /** Names in lower case; values of repeated headers joined by a comma. */
  headers: Record<string, string>;
  /** Decompressed, without a byte order mark. */
  body: string;
  /** The response was longer than `maxResponseBytes`. */
  truncated: boolean;
}

/** Sends one request and reads its response. Redirects are not followed. */
export type SendHttp = (request: HttpRequest) => Promise<HttpResponse>;

/** No complete response: the connection failed, broke, or took too long. */
export class HttpError extends Error {
  readonly kind: 'timeout' | 'connection';
  /** A kept-alive connection broke: the server had probably closed it while it was idle. */
  readonly reusedConnection: boolean;
  /** The head of a response that was not completed. */
  readonly response: Pick<HttpResponse, 'status' | 'headers'> | undefined;

  constructor(
    kind: 'timeout' | 'connection',
    message: string,
    options: { reusedConnection?: boolean; response?: HttpError['response']; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HttpError';
    this.kind = kind;
    this.reusedConnection = options.reusedConnection ?? false;
    this.response = options.response;
  }
}

const DEFAULT_MAX_RESPONSE_BYTES = 1024 * 1024;

/**
 * An HTTP client on `node:http`, which the AWS SDK loads anyway. `fetch` would add to the cold start.
 * Connections are kept alive. The timeout covers the whole exchange.
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
      let response: HttpError['response'];
      const timer = setTimeout(() => {
        // Rejected here and not by the 'error' event: once the response has begun, that would speak
        // of a closed connection.
        reject(
          new HttpError(
            'timeout',
            `${where}: no complete response within ${request.timeoutMs} ms`,
            {
              response,
            },
          ),
        );
        outgoing.destroy();
      }, request.timeoutMs);
      const fail = (cause: Error) => {
        clearTimeout(timer);
        reject(
          new HttpError('connection', `${where}: ${cause.message}`, {
            reusedConnection:
              outgoing.reusedSocket && response === undefined && isConnectionLoss(cause),
            response,
            cause,
          }),
        );
      };
      outgoing.on('error', fail);
      // The request did not ask for another protocol (101). Without this, Node would drop the response silently.
      outgoing.on('upgrade', (_, socket) => {
        socket.destroy();
        fail(new Error('the server switched protocols'));
      });
      outgoing.on('response', (incoming) => {
        const head = { status: incoming.statusCode ?? 0, headers: flatten(incoming.headers) };
        response = head;
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

/** The connection was closed before any part of a response arrived. */
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
    incoming.on('aborted', () =>
      reject(new Error('the connection closed in the middle of the response')),
    );
  });
}
