import { AdderError, type AdderErrorOptions } from '../../domain/adder-error.ts';

/**
 * What the caller does after a response, in more detail than an error's disposition:
 * - `new-token`: the token was refused; get another one, then make the same call again
 * - `re-read`: read the conversation again, then decide again who is missing
 * - `next-acting-user`: the same, and add on behalf of another user
 * - `look-again`: final, unless the conversation is so new that a later read may find it
 */
export type Remedy =
  | 'reject'
  | 'fatal'
  | 'retry'
  | 'new-token'
  | 're-read'
  | 'next-acting-user'
  | 'look-again';

/** The limit that a 429 names, such as `org.app.user.rate.per.minute` of the namespace `platform.api`. */
export interface ExceededLimit {
  key: string;
  namespace?: string | undefined;
  value?: number | undefined;
}

export interface GenesysErrorOptions extends AdderErrorOptions {
  remedy: Remedy;
  /** HTTP status; absent if there was no response. */
  status?: number | undefined;
  vendorCode?: string | undefined;
  correlationId?: string | undefined;
  /** The entities that the vendor blames: user ids and the like, in lower case. */
  blamed?: string[];
  limit?: ExceededLimit | undefined;
}

/** A response of Genesys Cloud that is not a success, or no response. */
export class GenesysError extends AdderError {
  readonly remedy: Remedy;
  readonly status: number | undefined;
  readonly vendorCode: string | undefined;
  readonly correlationId: string | undefined;
  readonly blamed: readonly string[];
  readonly limit: ExceededLimit | undefined;

  constructor(message: string, options: GenesysErrorOptions) {
    super(message, options);
    this.name = 'GenesysError';
    this.remedy = options.remedy;
    this.status = options.status;
    this.vendorCode = options.vendorCode;
    this.correlationId = options.correlationId;
    this.blamed = options.blamed ?? [];
    this.limit = options.limit;
  }
}
