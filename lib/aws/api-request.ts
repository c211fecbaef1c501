import { type AuthorizedContext, type Caller, readCaller } from './caller.ts';

/** An HTTP request, independent of the payload format. */
export interface ApiRequest {
  method: string;
  /** The value of a header. The name is not case-sensitive. */
  header(name: string): string | undefined;
  pathParameter(name: string): string | undefined;
  queryParameter(name: string): string | undefined;
  /** As the caller sent it, with stage and base path. Empty if absent. */
  path: string;
  /**
   * Whether `path` may lack the base path of the caller's URL: payload format 2.0 omits the base path of a
   * custom domain.
   */
  hasCustomDomain: boolean;
  /** Decoded. Empty if absent. */
  body: Buffer;
  /** When API Gateway received it, in milliseconds since the Unix epoch. */
  receivedAtMs?: number | undefined;
  caller: Caller;
}

/**
 * What is read of API Gateway's events: payload format 1.0 (REST APIs, and HTTP APIs that ask for
 * it) and 2.0. Fields can have any value, because every principal with the permission can invoke a
 * function with any event.
 */
export interface ApiEvent {
  /** Format 1.0. */
  httpMethod?: unknown;
  headers?: Fields;
  /** Format 1.0: every value of a header, where `headers` has the last one. */
  multiValueHeaders?: Fields;
  pathParameters?: Fields;
  queryStringParameters?: Fields;
  /** Format 1.0. */
  path?: unknown;
  /** Format 2.0. */
  rawPath?: unknown;
  body?: unknown;
  isBase64Encoded?: unknown;
  requestContext?:
    | (AuthorizedContext & {
        http?: { method?: unknown; path?: unknown } | null;
        /** Format 1.0. */
        path?: unknown;
        /** Format 1.0. Milliseconds since the Unix epoch. */
        requestTimeEpoch?: unknown;
        /** Format 2.0. Milliseconds since the Unix epoch. */
        timeEpoch?: unknown;
        apiId?: unknown;
        domainName?: unknown;
      })
    | null;
}

type Fields = Record<string, unknown> | null;

/** Reads an API Gateway event. Never throws. Missing fields and fields of a wrong type are absent. */
export function readApiRequest(event: ApiEvent | null | undefined): ApiRequest {
  const context = event?.requestContext;
  const headers = readHeaders(event);
  return {
    method: text(context?.http?.method) ?? text(event?.httpMethod) ?? '',
    header: (name) => headers.get(name.toLowerCase()),
    pathParameter: (name) => text(own(event?.pathParameters, name)),
    queryParameter: (name) => text(own(event?.queryStringParameters, name)),
    path:
      text(context?.path) ??
      text(context?.http?.path) ??
      text(event?.rawPath) ??
      text(event?.path) ??
      '',
    hasCustomDomain: isFormat2(event) && !isOwnDomain(context),
    body: Buffer.from(text(event?.body) ?? '', event?.isBase64Encoded === true ? 'base64' : 'utf8'),
    receivedAtMs: finite(context?.timeEpoch) ?? finite(context?.requestTimeEpoch),
    caller: readCaller(context),
  };
}

const isFormat2 = (event: ApiEvent | null | undefined) => Boolean(event?.requestContext?.http);

/** `{apiId}.execute-api.…`, or the single label that a local API Gateway gives. */
function isOwnDomain(context: ApiEvent['requestContext'] | undefined): boolean {
  const domain = text(context?.domainName) ?? '';
  return !domain.includes('.') || domain.startsWith(`${text(context?.apiId) ?? ''}.`);
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

const finite = (value: unknown): number | undefined =>
  Number.isFinite(value) ? (value as number) : undefined;

const own = (fields: Fields | undefined, name: string): unknown =>
  fields && Object.hasOwn(Object(fields), name) ? fields[name] : undefined;
