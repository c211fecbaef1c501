import type { Clock, Random } from '../../domain/clock.ts';
import { AdderError } from '../../domain/errors.ts';
import { RETRIES_IN_PLACE, retryInPlaceDelayMs } from '../../domain/retry-policy.ts';
import { OutOfTimeError } from '../api/call-budget.ts';
import type { Credentials, ReadCredentials } from './credentials.ts';
import type { AccessToken, RequestToken } from './request-token.ts';
import type { Lease, TokenStore } from './token-store.ts';

/** A lease that has been watched this long without a result belongs to somebody who died. */
export const LEASE_MS = 5_000;
const POLL_MS = 250;
/** Longer than a token request may take, so that the wait for another instance's ends by itself. */
const LONGEST_WAIT_MS = 15_000;

/** Contract 7: no token is used in its last five minutes, or tenth of its life if that is short. */
const MARGIN_MS = 5 * 60_000;
const SHORT_LIFE_MS = 50 * 60_000;
const LONGEST_JITTER_MS = 60_000;

/** Contract 7: at most one refused request an instance every 30 s, growing to one every 10 min. */
const REFUSED_BACKOFF = { firstMs: 30_000, longestMs: 600_000 };
const OUTAGE_BACKOFF = { firstMs: 5_000, longestMs: 120_000 };

/**
 * When a token stops being used, in milliseconds since the epoch. The jitter makes it earlier, at
 * another time in each instance, so that they do not all find it old at once.
 */
export function staleAtMs({ issuedAtMs, expiresAtMs }: AccessToken, random: Random): number {
  const lifeMs = expiresAtMs - issuedAtMs;
  const marginMs = lifeMs < SHORT_LIFE_MS ? lifeMs / 10 : MARGIN_MS;
  return expiresAtMs - marginMs - random() * Math.min(LONGEST_JITTER_MS, marginMs / 2);
}

export interface TokenSource {
  /**
   * Begins to read the stored token, so that the first who needs one waits less. It asks Genesys Cloud
   * for none, and its failures are nobody's: whoever needs a token then reads again.
   */
  prefetch(): void;
  /**
   * A token that is good as far as is known here.
   * @param finishByMs the search for one is over by then (milliseconds since the epoch). Default: it
   * takes the time that it takes
   * @throws AdderError, OutOfTimeError
   */
  get(finishByMs?: number): Promise<string>;
  /**
   * Another token than the one that Genesys Cloud has just refused.
   * @param finishByMs see `get`
   * @throws AdderError, OutOfTimeError
   */
  replace(refused: string, finishByMs?: number): Promise<string>;
  /** Genesys Cloud has taken this token. */
  accepted(token: string): void;
}

export interface TokenSourceOptions {
  store: TokenStore;
  readCredentials: ReadCredentials;
  requestToken: RequestToken;
  clock: Clock;
  random: Random;
  /**
   * Told of every token that was fetched (`fetched`), every request for one that failed (`failed`),
   * and every time the shared secret could not be written, so that this instance goes on alone
   * (`unshared`).
   */
  onEvent?: (event: 'fetched' | 'failed' | 'unshared', cause?: unknown) => void;
}

/** A failure that is not repeated before its time is up, or the credentials have changed. */
interface Failure {
  error: AdderError;
  credentialsVersionId: string;
  retryAtMs: number;
  backoffMs: number;
}

/** A lease that another instance holds, or held when it died, and when it was noticed. */
interface Rival extends Lease {
  sinceMs: number;
}

/**
 * The access token: from memory, then from the secret that all instances share, then from Genesys
 * Cloud (contract 7; docs/token-sharing.md). However many ask, one call of each kind is under way
 * in an instance, and one token request in all of them.
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { store, readCredentials, requestToken, clock, random, onEvent = () => {} } = options;
  let held: { token: AccessToken; staleAtMs: number } | undefined;
  /** All of them: the secret may still hold an older one than the last, if it cannot be written. */
  const refusedTokens = new Set<string>();
  let failure: Failure | undefined;
  /** The token that this instance fetched last, until Genesys Cloud takes it. */
  let unproven: { accessToken: string; credentialsVersionId: string } | undefined;
  /** Tokens fetched one after the other of which Genesys Cloud took none. */
  let refusedInARow = 0;
  /** The lease under which this instance failed: nobody needs to watch it any longer. */
  let abandoned: Lease | undefined;
  let underWay: Promise<string> | undefined;
  let prefetching: Promise<void> | undefined;

  /** Callers come from one invocation at a time, so the first one's time limit is everybody's. */
  function single(finishByMs = Number.POSITIVE_INFINITY): Promise<string> {
    underWay ??= obtain(finishByMs).finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  function hold(token: AccessToken): void {
    if (held?.token.accessToken === token.accessToken) return;
    held = { token, staleAtMs: staleAtMs(token, random) };
  }

  function fresh(): string | undefined {
    if (!held || refusedTokens.has(held.token.accessToken)) return undefined;
    return clock.now() < held.staleAtMs ? held.token.accessToken : undefined;
  }

  async function obtain(finishByMs: number): Promise<string> {
    const giveUpAtMs = clock.now() + LONGEST_WAIT_MS;
    let credentials: Credentials | undefined;
    let rival: Rival | undefined;
    const notice = (lease: Lease) => {
      if (rival?.base === lease.base && rival.generation >= lease.generation) return;
      rival = { ...lease, sinceMs: clock.now() };
    };
    for (;;) {
      const { base, token } = await store.readState();
      if (token) hold(token);
      const usable = token && fresh();
      if (usable !== undefined) return usable;

      // A function that is ended while it holds the lease keeps everybody waiting.
      if (clock.now() + LONGEST_WAIT_MS > finishByMs) throw new OutOfTimeError('a new token');
      credentials ??= await readCredentials();
      throwIfBackingOff(credentials.versionId);

      const newest = await store.readLease();
      if (newest?.base === base) notice(newest);
      const holder = rival?.base === base ? rival : undefined;
      if (!holder || isDead(holder)) {
        const lease = { base, generation: holder ? holder.generation + 1 : 0 };
        if (await take(lease)) {
          // Between the reading and the taking somebody may have replaced the state.
          if ((await store.readState()).base !== base) continue;
          return fetchToken(credentials, lease);
        }
        // Somebody has it. It may never be seen under its label, which a take-over of an older
        // state that came late can have moved away; its holder may be dead all the same.
        notice(lease);
      }
      if (clock.now() >= giveUpAtMs) {
        throw new AdderError('Another instance is getting a token and does not come to an end', {
          code: 'GENESYS_UNAVAILABLE',
          disposition: 'retry',
        });
      }
      await clock.sleep(POLL_MS / 2 + (POLL_MS / 2) * random());
    }
  }

  function isDead({ base, generation, sinceMs }: Rival): boolean {
    if (abandoned?.base === base && abandoned.generation === generation) return true;
    return clock.now() - sinceMs >= LEASE_MS;
  }

  async function take({ base, generation }: Lease): Promise<boolean> {
    try {
      return await store.takeLease(base, generation);
    } catch (cause) {
      // Without the secret there is no sharing, but there is still work to do: the function may
      // not write it, or has written all the versions that the secret can keep.
      onEvent('unshared', cause);
      return true;
    }
  }

  async function fetchToken(credentials: Credentials, lease: Lease): Promise<string> {
    let token: AccessToken;
    try {
      token = await requestPatiently(credentials);
    } catch (error) {
      abandoned = lease;
      if (error instanceof AdderError) recordFailure(error, credentials.versionId);
      throw error;
    }
    onEvent('fetched');
    unproven = { accessToken: token.accessToken, credentialsVersionId: credentials.versionId };
    hold(token);
    await store.writeToken(token).catch((cause: unknown) => onEvent('unshared', cause));
    return token.accessToken;
  }

  /** Repeats what failed in passing, as long as nobody takes the lease for a dead one's. */
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

  function throwIfBackingOff(credentialsVersionId: string): void {
    if (!failure) return;
    if (failure.credentialsVersionId !== credentialsVersionId) {
      failure = undefined;
      return;
    }
    const waitMs = failure.retryAtMs - clock.now();
    if (waitMs <= 0) return;
    const { message, code, disposition } = failure.error;
    throw new AdderError(message, {
      code,
      disposition,
      cause: failure.error,
      ...(disposition === 'retry' ? { retryAfterMs: waitMs } : {}),
    });
  }

  function recordFailure(error: AdderError, credentialsVersionId: string): void {
    onEvent('failed', error);
    const kind = error.disposition === 'retry' ? OUTAGE_BACKOFF : REFUSED_BACKOFF;
    const backoffMs = Math.min(
      kind.longestMs,
      Math.max(kind.firstMs, failure ? failure.backoffMs * 2 : 0),
    );
    const waitMs = Math.max(backoffMs, error.retryAfterMs ?? 0);
    failure = { error, credentialsVersionId, retryAtMs: clock.now() + waitMs, backoffMs };
  }

  return {
    prefetch() {
      prefetching = store.readState().then(
        ({ token }) => token && hold(token),
        () => {},
      );
    },

    async get(finishByMs) {
      await prefetching;
      return fresh() ?? single(finishByMs);
    },

    async replace(refused, finishByMs) {
      refusedTokens.add(refused);
      const usable = fresh();
      if (usable !== undefined) return usable;
      if (unproven?.accessToken === refused) {
        refusedInARow += 1;
        // Fetched a moment ago and refused at its first use: that may happen once. Fetching again
        // and again would go on for ever, so from then on it counts as a refused request.
        if (refusedInARow > 1) {
          recordFailure(
            new AdderError(
              'Genesys Cloud refuses the tokens that it has just given out; check that GENESYS_ENV names the right host',
              { code: 'INVALID_CREDENTIALS', disposition: 'fatal' },
            ),
            unproven.credentialsVersionId,
          );
        }
        unproven = undefined;
      }
      for (;;) {
        // A search that was under way already may still come back with the refused one.
        const token = await single(finishByMs);
        if (token !== refused) return token;
      }
    },

    accepted(token) {
      if (unproven?.accessToken === token) unproven = undefined;
      refusedInARow = 0;
      if (held?.token.accessToken === token) failure = undefined;
    },
  };
}
