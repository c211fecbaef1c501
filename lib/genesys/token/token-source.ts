import { AdderError } from '../../domain/adder-error.ts';
import type { Clock, Random } from '../../domain/clock.ts';
import { RETRIES_IN_PLACE, retryInPlaceDelayMs } from '../../domain/retry-policy.ts';
import { OutOfTimeError } from '../api/call-budget.ts';
import type { Credentials, ReadCredentials } from './credentials.ts';
import type { AccessToken, RequestToken } from './request-token.ts';
import { LEASE_MS, type TokenLease } from './token-lease.ts';
import type { TokenSecret } from './token-secret.ts';

const POLL_MS = 250;
/** Longer than a token request and the lease of a crashed holder together. */
const LONGEST_WAIT_MS = 15_000;

/** No token is used in its last five minutes, or tenth of its life if that is short. */
const MARGIN_MS = 5 * 60_000;
const SHORT_LIFE_MS = 50 * 60_000;
const LONGEST_JITTER_MS = 60_000;

/** A new token may be refused by a part of the platform that does not know it yet. */
const NEW_TOKEN_MS = 60_000;
const NEW_TOKEN_RETRY_MS = 1_000;

/**
 * When a token stops being used, in milliseconds since the epoch. The jitter makes it earlier, at
 * another time in each instance, so that they do not all renew it at once.
 */
export function staleAtMs({ issuedAtMs, expiresAtMs }: AccessToken, random: Random): number {
  const lifeMs = expiresAtMs - issuedAtMs;
  const marginMs = lifeMs < SHORT_LIFE_MS ? lifeMs / 10 : MARGIN_MS;
  return expiresAtMs - marginMs - random() * Math.min(LONGEST_JITTER_MS, marginMs / 2);
}

export interface TokenSource {
  /**
   * Starts reading the stored token, so that the first call waits less. It does not request a token. A failure
   * is ignored, because the next call reads the secret again.
   */
  prefetch(): void;
  /**
   * A token that is good as far as is known here.
   * @param finishByMs gives up by then (milliseconds since the epoch). Default: no limit
   * @throws AdderError, OutOfTimeError
   */
  get(finishByMs?: number): Promise<string>;
  /**
   * The token to try after Genesys Cloud has refused one: the same again, after a moment, if it is
   * new; otherwise another one.
   * @param finishByMs see `get`
   * @throws AdderError, OutOfTimeError
   */
  replace(refused: string, finishByMs?: number): Promise<string>;
  /** Genesys Cloud has accepted this token. */
  accepted(token: string): void;
}

export interface TokenSourceOptions {
  secret: TokenSecret;
  lease: TokenLease;
  readCredentials: ReadCredentials;
  requestToken: RequestToken;
  clock: Clock;
  random: Random;
  /**
   * `fetched`: a token was requested. `failed`: a request for one failed. `unshared`: the secret
   * could not be written, so that the other instances do not see the new token.
   */
  onEvent?: (event: 'fetched' | 'failed' | 'unshared', cause?: unknown) => void;
}

/**
 * The access token: from memory, then from the secret that all instances share, then from Genesys
 * Cloud, under a lease that one instance holds at a time (docs/token-sharing.md).
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const {
    secret,
    lease,
    readCredentials,
    requestToken,
    clock,
    random,
    onEvent = () => {},
  } = options;
  let held: { token: AccessToken; staleAtMs: number } | undefined;
  /** All of them: the secret may still hold an older one than the last, if it cannot be written. */
  const refusedTokens = new Set<string>();
  /** The refused token that Genesys Cloud has issued again. It may be accepted again after an outage. */
  let issuedAgain: string | undefined;
  /** The new token that was refused and is tried again. */
  let triedAgain: { accessToken: string; afterMs: number } | undefined;
  /** The last token that Genesys Cloud accepted. */
  let proven: string | undefined;
  /** Tokens refused one after the other in their first moments. */
  let newRefusedInARow = 0;
  let underWay: Promise<string> | undefined;
  let prefetching: Promise<void> | undefined;

  /** All callers belong to one invocation, so the first one's time limit applies to all. */
  function single(finishByMs = Number.POSITIVE_INFINITY): Promise<string> {
    underWay ??= obtain(finishByMs).finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  function hold(token: AccessToken): void {
    const { accessToken, expiresAtMs } = held?.token ?? {};
    // A token that is issued again may be good for longer.
    if (accessToken === token.accessToken && expiresAtMs === token.expiresAtMs) return;
    held = { token, staleAtMs: staleAtMs(token, random) };
  }

  function fresh(): string | undefined {
    if (!held || refusedTokens.has(held.token.accessToken)) return undefined;
    return clock.now() < held.staleAtMs ? held.token.accessToken : undefined;
  }

  async function readStored(): Promise<string | undefined> {
    const token = await secret.read();
    if (token === undefined) return undefined;
    // A token of our own that could not be written is newer than the one in the secret.
    if (!held || token.issuedAtMs >= held.token.issuedAtMs) hold(token);
    return fresh();
  }

  async function obtain(finishByMs: number): Promise<string> {
    const giveUpAtMs = clock.now() + LONGEST_WAIT_MS;
    let credentials: Credentials | undefined;
    for (;;) {
      const stored = await readStored();
      if (stored !== undefined) return stored;
      // A function that is terminated while it holds the lease delays all other instances.
      if (clock.now() + LONGEST_WAIT_MS > finishByMs) throw new OutOfTimeError('a new token');
      credentials ??= await readCredentials();
      if ((await acquire(credentials.versionId)) === 'acquired') return fetchToken(credentials);
      if (clock.now() >= giveUpAtMs) {
        throw new AdderError('Another instance has been requesting a token for too long', {
          code: 'GENESYS_UNAVAILABLE',
          disposition: 'retry',
        });
      }
      await clock.sleep(POLL_MS / 2 + (POLL_MS / 2) * random());
    }
  }

  async function acquire(credentialsVersionId: string): Promise<'acquired' | 'held'> {
    try {
      return await lease.acquire(credentialsVersionId);
    } catch (cause) {
      if (cause instanceof AdderError) throw cause;
      throw new AdderError("The table that holds the token's lease cannot be reached", {
        code: 'INTERNAL_ERROR',
        disposition: 'retry',
        cause,
      });
    }
  }

  /** Under the lease. */
  async function fetchToken(credentials: Credentials): Promise<string> {
    // Between the reading and the lease another instance may have written one.
    const stored = await readStored().catch(() => undefined);
    if (stored !== undefined) {
      await release(credentials);
      return stored;
    }
    let token: AccessToken;
    try {
      token = await requestPatiently(credentials);
    } catch (error) {
      onEvent('failed', error);
      await release(credentials, error instanceof AdderError ? error : undefined);
      throw error;
    }
    onEvent('fetched');
    if (refusedTokens.has(token.accessToken)) issuedAgain = token.accessToken;
    hold(token);
    await secret.write(token).catch((cause: unknown) => onEvent('unshared', cause));
    await release(credentials);
    return token.accessToken;
  }

  /** A lease that cannot be released expires. */
  async function release({ versionId }: Credentials, failure?: AdderError): Promise<void> {
    await lease.release(versionId, failure).catch(() => undefined);
  }

  /** Retries transient failures for as long as the lease lasts. */
  async function requestPatiently(credentials: Credentials): Promise<AccessToken> {
    const noLaterThanMs = clock.now() + LEASE_MS - POLL_MS;
    for (let retry = 0; ; retry += 1) {
      try {
        return await requestToken(credentials);
      } catch (error) {
        if (!(error instanceof AdderError) || error.disposition !== 'retry') throw error;
        const delayMs = error.retryAfterMs ?? retryInPlaceDelayMs(retry, random);
        if (retry >= RETRIES_IN_PLACE || clock.now() + delayMs >= noLaterThanMs) throw error;
        await clock.sleep(delayMs);
      }
    }
  }

  function isNew(token: string): boolean {
    if (held?.token.accessToken !== token || proven === token) return false;
    return clock.now() - held.token.issuedAtMs < NEW_TOKEN_MS;
  }

  /** New tokens are refused repeatedly. Requesting more would not end. */
  async function backOff(): Promise<never> {
    const error = new AdderError(
      'Genesys Cloud refuses the tokens that it has just issued; check that GENESYS_ENV names the right host',
      { code: 'INVALID_CREDENTIALS', disposition: 'fatal' },
    );
    onEvent('failed', error);
    newRefusedInARow = 0;
    await release(await readCredentials(), error);
    throw error;
  }

  return {
    prefetch() {
      prefetching = readStored().then(
        () => {},
        () => {},
      );
    },

    async get(finishByMs) {
      await prefetching;
      return fresh() ?? single(finishByMs);
    },

    async replace(refused, finishByMs) {
      const wasNew = isNew(refused);
      if (wasNew && triedAgain?.accessToken !== refused) {
        triedAgain = { accessToken: refused, afterMs: clock.now() + NEW_TOKEN_RETRY_MS };
      }
      const waitMs = wasNew && triedAgain ? triedAgain.afterMs - clock.now() : 0;
      if (waitMs > 0) {
        await clock.sleep(waitMs);
        return refused;
      }
      const first = !refusedTokens.has(refused);
      refusedTokens.add(refused);
      const usable = fresh();
      if (usable !== undefined) return usable;
      if (first && wasNew) newRefusedInARow += 1;
      if (newRefusedInARow > 1) return backOff();
      // A read that had started before may still return the refused token. Genesys Cloud may also issue it again.
      for (let tries = 0; tries < 2; tries += 1) {
        const token = await single(finishByMs);
        if (token !== refused) return token;
      }
      return backOff();
    },

    accepted(token) {
      proven = token;
      // Not if it was accepted before it was refused, and the response came later.
      if (token === issuedAgain) refusedTokens.delete(token);
      if (held?.token.accessToken === token) newRefusedInARow = 0;
    },
  };
}
