import { Problem } from '../domain/problem.ts';
import type { ApiRequest } from './api-request.ts';

/** Twenty participants need 7 KiB at the most. */
export const MAX_BODY_BYTES = 64 * 1024;

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json$/i;
const UTF8 = /^utf-?8$/i;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the JSON document of a request.
 * @throws Problem 415 unless it is declared as JSON, 413 if it is too large, 400 if it is missing or not
 *   JSON
 */
export function readJsonBody({ header, body }: Pick<ApiRequest, 'header' | 'body'>): unknown {
  checkContentEncoding(header, body);
  checkContentType(header, body.length > 0);
  if (body.length > MAX_BODY_BYTES) {
    throw new Problem('body-too-large', {
      detail: `The body has ${body.length} bytes; at most ${MAX_BODY_BYTES} are accepted.`,
      errors: [{ pointer: '', detail: `must be at most ${MAX_BODY_BYTES} bytes` }],
    });
  }
  if (body.length === 0) {
    throw new Problem('no-body', {
      detail: 'The request has no body. Send a JSON object with participants.',
      errors: [{ pointer: '', detail: 'is missing' }],
    });
  }
  try {
    return JSON.parse(decoder.decode(body));
  } catch (error) {
    throw new Problem('invalid-json', {
      detail: 'The body could not be read as JSON in UTF-8.',
      errors: [{ pointer: '', detail: describe(error as Error) }],
      cause: error,
    });
  }
}

/** First two bytes of gzip (RFC 1952, section 2.3.1). */
const isGzip = (body: Buffer) => body[0] === 0x1f && body[1] === 0x8b;

/** API Gateway passes compressed bodies on as they are. */
function checkContentEncoding(header: ApiRequest['header'], body: Buffer): void {
  const encoding = header('content-encoding')?.trim().toLowerCase();
  if (!['identity', '', undefined].includes(encoding)) {
    throw wrongHeader('Content-Encoding', 'must be absent: send the body uncompressed');
  }
  if (isGzip(body)) {
    throw new Problem('unsupported-media-type', {
      detail: 'The body is compressed with gzip. Send it uncompressed.',
      errors: [{ pointer: '', detail: 'must not be compressed' }],
      headers: { 'accept-encoding': 'identity' },
    });
  }
}

function checkContentType(header: ApiRequest['header'], hasBody: boolean): void {
  const contentType = header('content-type');
  if (contentType === undefined) {
    if (hasBody) throw wrongHeader('Content-Type', 'is missing; it must be application/json');
    return;
  }
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim());
  if (!JSON_TYPE.test(type)) {
    throw wrongHeader('Content-Type', 'must be application/json or application/*+json');
  }
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=');
    if (name.toLowerCase() === 'charset' && !UTF8.test(value.replaceAll('"', ''))) {
      throw wrongHeader('Content-Type', 'must have no charset other than utf-8');
    }
  }
}

function wrongHeader(header: string, detail: string): Problem {
  return new Problem('unsupported-media-type', {
    detail: `The header ${header} ${detail}.`,
    errors: [{ pointer: '', header, detail }],
    ...(header === 'Content-Encoding' ? { headers: { 'accept-encoding': 'identity' } } : {}),
  });
}

/** Only the position of the error, because V8's message quotes the surrounding text. */
function describe(error: Error & { code?: string }): string {
  if (error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8';
  const place = /line \d+ column \d+/.exec(error.message)?.[0];
  return place ? `is not JSON (${place})` : 'is not JSON';
}
