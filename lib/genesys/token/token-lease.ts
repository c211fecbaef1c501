import * as z from 'zod/mini';
import { AdderError, type Disposition } from '../../domain/adder-error.ts';
import type { Clock } from '../../domain/clock.ts';
import { CODES, type Code } from '../../domain/codes.ts';
import type { VersionedItem } from '../../domain/versioned-item.ts';

/** A holder that takes longer, or has crashed, loses the lease. */
export const LEASE_MS = 5_000;

/** After a refused request: at most one in 30 s over all instances, growing to one in 10 min. */
const REFUSED_BACKOFF = { firstMs: 30_000, longestMs: 600_000 };
const OUTAGE_BACKOFF = { firstMs: 5_000, longestMs: 120_000 };

const leaseDocument = z.object({
  /** Absent while the lease is free. */
  owner: z.optional(z.string()),
  expiresAtMs: z.number(),
  /** The last request for a token failed. Cleared by a success, or when the credentials change. */
  failure: z.optional(
    z.object({
      code: z.string(),
      message: z.string(),
      disposition: z.enum(['reject', 'retry', 'fatal']),
      retryAtMs: z.number(),
      backoffMs: z.number(),
      credentialsVersionId: z.string(),
    }),
  ),
});
type LeaseDocument = z.output<typeof leaseDocument>;

/** The right to request a token, held by one instance at a time (docs/token-sharing.md). */
export interface TokenLease {
  /**
   * @returns `held`: another instance is requesting a token
   * @throws AdderError the failure of the last request, while its back-off lasts and the credentials
   * are the same; the SDK's errors
   */
  acquire(credentialsVersionId: string): Promise<'acquired' | 'held'>;
  /** Releases the lease. @param failure why there is no new token; absent: there is one */
  release(credentialsVersionId: string, failure?: AdderError): Promise<void>;
}

export function createTokenLease(deps: {
  item: VersionedItem;
  /** A name of this instance that no other has. */
  owner: string;
  clock: Pick<Clock, 'now'>;
}): TokenLease {
  const { item, owner, clock } = deps;
  let version = 0;

  async function read(): Promise<LeaseDocument> {
    const found = await item.read();
    version = found?.version ?? 0;
    // An unreadable document counts as a free lease.
    return leaseDocument.safeParse(found?.value).data ?? { expiresAtMs: 0 };
  }

  return {
    async acquire(credentialsVersionId) {
      const { owner: holder, expiresAtMs, failure } = await read();
      const nowMs = clock.now();
      const known = failure?.credentialsVersionId === credentialsVersionId ? failure : undefined;
      if (known && nowMs < known.retryAtMs) throw toError(known, nowMs);
      // A time too far ahead was written by a clock that is wrong.
      const isLive = expiresAtMs > nowMs && expiresAtMs <= nowMs + 2 * LEASE_MS;
      if (holder !== undefined && holder !== owner && isLive) return 'held';
      const mine = { owner, expiresAtMs: nowMs + LEASE_MS, failure: known };
      const written = await item.write(mine, version);
      if (!written.isWritten) return 'held';
      version = written.version;
      return 'acquired';
    },

    async release(credentialsVersionId, error) {
      const before = await read();
      const overtaken = before.owner !== undefined && before.owner !== owner;
      // Another instance has taken over: its result counts.
      if (overtaken) return;
      const failure =
        error && nextFailure(before.failure, error, credentialsVersionId, clock.now());
      await item.write({ expiresAtMs: 0, failure }, version);
    },
  };
}

type Failure = NonNullable<LeaseDocument['failure']>;

function nextFailure(
  before: Failure | undefined,
  error: AdderError,
  credentialsVersionId: string,
  nowMs: number,
): Failure {
  const { code, message, disposition } = error;
  const kind = disposition === 'retry' ? OUTAGE_BACKOFF : REFUSED_BACKOFF;
  const known = before?.credentialsVersionId === credentialsVersionId ? before.backoffMs : 0;
  const backoffMs = Math.min(kind.longestMs, Math.max(kind.firstMs, 2 * known));
  const retryAtMs = nowMs + Math.max(backoffMs, error.retryAfterMs ?? 0);
  return { code, message, disposition, retryAtMs, backoffMs, credentialsVersionId };
}

function toError({ code, message, disposition, retryAtMs }: Failure, nowMs: number): AdderError {
  return new AdderError(message, {
    code: code in CODES ? (code as Code) : 'INTERNAL_ERROR',
    disposition: disposition as Disposition,
    ...(disposition === 'retry' ? { retryAfterMs: retryAtMs - nowMs } : {}),
  });
}
