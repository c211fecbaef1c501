import { type AuthorizedContext, type Caller, readCaller } from './caller.ts';

/** An HTTP request, whichever payload format it came in. */
export interface ApiRequest {
  method: string;
  /** The value of a header, whatever the case of its name. */
  header(name: string): string | undefined;
  pathParameter(name: string): string | undefined;
  /** Decoded; empty where there is none. */
  body: Buffer;
  caller: Caller;
}

/**
 * What is read of API Gateway's events: payload format 1.0 (REST APIs, and HTTP APIs that ask for
 * it) and 2.0. Anything can be in a field, because anybody with the permission can invoke a function
 * with anything.
 */
export interface ApiEvent {
  /** Format 1.0. */
  httpMethod?: unknown;
  headers?: Fields;
  /** Format 1.0: every value of a header, where `headers` has the last one. */
  multiValueHeaders?: Fields;
  pathParameters?: Fields;
  body?: unknown;
  isBase64Encoded?: unknown;
  requestContext?: (AuthorizedContext & { http?: { method?: unknown } | null }) | null;
}

type Fields = Record<string, unknown> | null;

/** Reads an API Gateway event. Never throws: what is missing or of a wrong type is absent. */
export function readApiRequest(event: ApiEvent | null | undefined): ApiRequest {
  const context = event?.requestContext;
  const headers = readHeaders(event);
  return {
    method: text(context?.http?.method) ?? text(event?.httpMethod) ?? '',
    header: (name) => headers.get(name.toLowerCase()),
    pathParameter: (name) => text(own(event?.pathParameters, name)),
    body: Buffer.from(text(event?.body) ?? '', event?.isBase64Encoded === true ? 'base64' : 'utf8'),
    caller: readCaller(context),
  };
}

function readHeaders(event: ApiEvent | null | undefined): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, values] of Object.entries(event?.multiValueHeaders ?? {})) {
    const texts = Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];
    if (texts.length > 0) headers.set(name.toLowerCase(), texts.join(','));
  }
  for (const [name, value] of Object.entries(event?.headers ?? {})) {
    if (typeof value === 'string' && !headers.has(name.toLowerCase()))
      headers.set(name.toLowerCase(), value);
  }
  return headers;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

const own = (fields: Fields | undefined, name: string): unknown =>
  fields && Object.hasOwn(Object(fields), name) ? fields[name] : undefined;
