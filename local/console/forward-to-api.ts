import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LocalSystem } from '../system/start-system.ts';

const PASSED_ON = ['content-type', 'idempotency-key', 'x-correlation-id', 'prefer'];
const PASSED_BACK = [
  'content-type',
  'location',
  'idempotency-replayed',
  'x-correlation-id',
  'preference-applied',
  'retry-after',
];

/** Sends a request of the page to the public API, which is on another port and has no CORS. */
export async function forwardToApi(
  { endpoints, headersFor }: Pick<LocalSystem, 'endpoints' | 'headersFor'>,
  path: string,
  request: IncomingMessage,
  body: string,
  response: ServerResponse,
): Promise<void> {
  const headers: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const url = new URL(endpoints.apiUrl + path);
  const method = request.method ?? 'GET';
  const signed = headersFor({
    method,
    path: url.pathname,
    query: url.search.slice(1),
    headers: { host: url.host },
    body,
  });
  const forwarded = await fetch(url, {
    method,
    headers: { ...headers, ...signed },
    redirect: 'manual',
    ...(body === '' ? {} : { body }),
  });
  response.statusCode = forwarded.status;
  for (const name of PASSED_BACK) {
    const value = forwarded.headers.get(name);
    if (value !== null) response.setHeader(name, value);
  }
  response.end(await forwarded.text());
}
