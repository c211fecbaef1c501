import type { Clock } from '../../domain/clock.ts';
import { AdderError } from '../../domain/errors.ts';
import { SHORT_WAIT_MS } from '../../domain/retry-policy.ts';
import { OutOfTimeError } from '../api/call-budget.ts';
import { readRateLimit } from './rate-limit-headers.ts';

/** The platform counts per minute (FACTS, "Limits"). */
const PLATFORM_WINDOW_MS = 60_000;
/** Requests sent at an even distance need not arrive so: a second's slack covers the difference. */
const WINDOW_MS = PLATFORM_WINDOW_MS + 1_000;
/** Two readings of the same window's end differ by rounding and latency, not by more than this. */
const SAME_WINDOW_MS = 5_000;

export interface RateLimiterOptions {
  /** The budget over all instances, `GENESYS_REQUESTS_PER_SECOND`. */
  requestsPerSecond: number;
  /** How many instances share it. */
  instances: number;
  clock: Clock;
}

/** The platform's own account of its current window, as the last answers told it. */
interface PlatformWindow {
  endsAtMs: number;
  /** Requests this instance may still send before the window ends. */
  headroom: number;
  /** The highest count seen: answers may overtake each other. */
  count: number;
}

/**
 * This instance's share of the rate budget (contract 8).
 *
 * Three bounds hold at once: the share of the budget in any window of a minute; the share of what
 * the platform says is left until its window ends (`inin-ratelimit-*`, other clients included); and
 * the full stop that a 429 names. The first half of what is left may go in a burst, the rest is
 * spread over the time until more becomes free, so that a backlog waits in short steps and the
 * budget is used to the end.
 */
export class RateLimiter {
  readonly #share: number;
  readonly #instances: number;
  readonly #clock: Clock;
  /** When the requests of the last window were sent, oldest first. */
  #sentAtMs: number[] = [];
  #allowed = Number.POSITIVE_INFINITY;
  #platform: PlatformWindow | undefined;
  #unanswered = 0;
  #stoppedUntilMs = 0;
  #line: Promise<void> = Promise.resolve();

  constructor({ requestsPerSecond, instances, clock }: RateLimiterOptions) {
    this.#share = Math.max(1, Math.floor((requestsPerSecond * 60) / instances));
    this.#instances = instances;
    this.#clock = clock;
  }

  /**
   * Resolves when the next request may be sent, first come first served. The caller then sends it,
   * and tells `answered` of its end, whatever that is.
   * @param startByMs a request that cannot start by then is not worth a place in the budget
   * @throws AdderError `RATE_LIMITED`, to be tried again, where the wait is not a short one
   * @throws OutOfTimeError
   */
  acquire(startByMs: number): Promise<void> {
    const turn = this.#line.then(() => this.#waitForTurn(startByMs));
    this.#line = turn.catch(() => undefined);
    return turn;
  }

  async #waitForTurn(startByMs: number): Promise<void> {
    for (;;) {
      const nowMs = this.#clock.now();
      if (nowMs > startByMs) throw new OutOfTimeError('a request to Genesys Cloud');
      const waitMs = this.#waitMs(nowMs);
      if (waitMs <= 0) {
        this.#sentAtMs.push(nowMs);
        this.#unanswered += 1;
        if (this.#platform) this.#platform.headroom -= 1;
        return;
      }
      if (waitMs > SHORT_WAIT_MS) {
        throw new AdderError(
          `The rate budget is spent for another ${Math.ceil(waitMs / 1000)} seconds`,
          { code: 'RATE_LIMITED', disposition: 'retry', retryAfterMs: waitMs },
        );
      }
      await this.#clock.sleep(Math.ceil(waitMs));
    }
  }

  #waitMs(nowMs: number): number {
    if (nowMs < this.#stoppedUntilMs) return this.#stoppedUntilMs - nowMs;
    this.#forgetOld(nowMs);
    const limit = this.#limit();
    const used = this.#sentAtMs.length;
    const oldestMs = this.#sentAtMs[0];
    const last = this.#sentAtMs.at(-1) ?? Number.NEGATIVE_INFINITY;
    const spread = (left: number, freeAtMs: number): number => {
      if (left <= 0) return freeAtMs - nowMs;
      if (left > limit / 2) return 0;
      return last + (freeAtMs - last) / (left + 1) - nowMs;
    };
    const byShare = oldestMs === undefined ? 0 : spread(limit - used, oldestMs + WINDOW_MS);
    const byPlatform = this.#platform
      ? spread(this.#platform.headroom, this.#platform.endsAtMs)
      : 0;
    return Math.max(byShare, byPlatform);
  }

  /** Requests that this instance may send in one window. */
  #limit(): number {
    return Math.min(this.#share, Math.max(1, Math.floor(this.#allowed / this.#instances)));
  }

  #forgetOld(nowMs: number): void {
    const firstKept = this.#sentAtMs.findIndex((sentMs) => sentMs > nowMs - WINDOW_MS);
    this.#sentAtMs.splice(0, firstKept === -1 ? this.#sentAtMs.length : firstKept);
    if (this.#platform && nowMs >= this.#platform.endsAtMs) this.#platform = undefined;
  }

  /** Takes note of a request's end: its answer's headers (names in lower case), or none if it got no answer. */
  release(headers: Record<string, string> = {}): void {
    this.#unanswered -= 1;
    const { allowed, count, resetSeconds } = readRateLimit(headers);
    if (!allowed) return;
    this.#allowed = allowed;
    if (count === undefined || resetSeconds === undefined) return;
    const endsAtMs = this.#clock.now() + resetSeconds * 1000;
    const known = this.#platform;
    const sameWindow = known !== undefined && Math.abs(known.endsAtMs - endsAtMs) < SAME_WINDOW_MS;
    if (sameWindow && count < known.count) return;
    this.#platform = {
      endsAtMs: sameWindow ? Math.max(known.endsAtMs, endsAtMs) : endsAtMs,
      count,
      headroom: Math.floor(Math.max(0, allowed - count) / this.#instances) - this.#unanswered,
    };
  }

  /** Full stop: nothing is sent before this time (milliseconds since the epoch). */
  pauseUntil(timeMs: number): void {
    this.#stoppedUntilMs = Math.max(this.#stoppedUntilMs, timeMs);
  }

  /** How much of this instance's share the last minute used, in percent. */
  usedPercent(): number {
    this.#forgetOld(this.#clock.now());
    return Math.min(100, (100 * this.#sentAtMs.length) / this.#limit());
  }
}
