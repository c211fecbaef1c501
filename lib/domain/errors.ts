import type { Code } from './codes.ts';

/**
 * What an error means for the request:
 * - `reject`: final, the request's own fault or a verdict of the platform
 * - `retry`: transient, worth another try
 * - `fatal`: final as well, but the configuration is wrong and an operator has to act
 */
export type Disposition = 'reject' | 'retry' | 'fatal';

export interface AdderErrorOptions {
  code: Code;
  disposition: Disposition;
  /** How long to wait before another try is worth it, in milliseconds; named by the other side. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** The one base error of the service. Code and disposition decide; nobody compares messages. */
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
