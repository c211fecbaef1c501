import type { Code } from './codes.ts';

/**
 * The consequence of an error for the request:
 * - `reject`: final, because the request is invalid or the platform refuses it
 * - `retry`: temporary, retried
 * - `fatal`: final, because the configuration is wrong and an operator has to fix it
 */
export type Disposition = 'reject' | 'retry' | 'fatal';

export interface AdderErrorOptions {
  code: Code;
  disposition: Disposition;
  /** The wait before a retry that the other side named, in milliseconds. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** The base error of the service. Code branches on `code` and `disposition`, not on the message. */
export class AdderError extends Error {
  readonly code: Code;
  readonly disposition: Disposition;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { code, disposition, retryAfterMs, cause }: AdderErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AdderError';
    this.code = code;
    this.disposition = disposition;
    this.retryAfterMs = retryAfterMs;
  }
}
