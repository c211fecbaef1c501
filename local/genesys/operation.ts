import type { Behaviour } from './behaviour.ts';
import { GenesysError } from './genesys-error.ts';
import type { Organisation } from './organisation.ts';

/** An authorised and counted request for an operation. */
export interface OperationCall {
  /** From the path, decoded. */
  params: Record<string, string>;
  query: URLSearchParams;
  headers: Record<string, string>;
  body: string;
  nowMs: number;
  organisation: Organisation;
  behaviour: Behaviour;
  /** Participants after which a fault stops an add; otherwise infinite. */
  onlyFirst: number;
}

export interface Operation {
  method: 'GET' | 'POST';
  /** With `{name}` for a parameter, as in the vendor's description. */
  path: string;
  /** @throws GenesysError */
  carryOut(call: OperationCall): { status: number; body: unknown };
}

/** A path or query parameter that the template guarantees. */
export function param(call: OperationCall, name: string): string {
  const value = call.params[name];
  if (value === undefined) throw new Error(`the operation has no parameter ${name}`);
  return value;
}

/** Reads a JSON body. @throws GenesysError 415 by content type, 413 by size, 400 */
export function readJson(call: OperationCall): unknown {
  const contentType = call.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(contentType)) {
    throw new GenesysError(
      415,
      'unsupported.media.type',
      'Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect Content-Type value in the header.',
    );
  }
  if (Buffer.byteLength(call.body) > MAX_BODY_BYTES) {
    throw new GenesysError(
      413,
      'request.entity.too.large',
      `The request is over the size limit. Maximum bytes: ${MAX_BODY_BYTES}`,
    );
  }
  try {
    return JSON.parse(call.body);
  } catch {
    throw new GenesysError(
      400,
      'bad.request',
      'The request could not be understood by the server due to malformed syntax. The body is not JSON.',
    );
  }
}

/** The platform's limit for a request body. */
export const MAX_BODY_BYTES = 512_000;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
