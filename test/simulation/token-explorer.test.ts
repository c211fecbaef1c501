import { describe, expect, test } from '@jest/globals';
import { LEASE_MS } from '../../lib/genesys/token/token-lease.ts';
import {
  type Exploration,
  explore,
  type Outcome,
  POLL_MS,
  type Scenario,
  SLOW_MS,
} from './token-explorer.ts';

/** Invariants of docs/token-sharing.md, over every schedule of the real code in three instances. */

/** Polls that may pass after a lease has run out until every instance has the new token. */
const A_FEW_POLLS_MS = 3 * POLL_MS;
/** A new token that is refused is tried again after this. */
const TRY_AGAIN_MS = 1_000;

/** What no run of any scenario may do. Without faults nothing is allowed for. */
function judge({ used, tokenRequests, tokensWritten, tookMs, ends }: Outcome): string | undefined {
  const { crashes, slowRequests, failedRequests, revocations, failedWrites } = used;
  const faults = crashes + slowRequests + failedRequests + failedWrites;
  const mostRequests = 1 + faults + revocations;
  const longestMs =
    faults * (LEASE_MS + A_FEW_POLLS_MS) +
    slowRequests * SLOW_MS +
    (revocations + 1) * (TRY_AGAIN_MS + A_FEW_POLLS_MS);
  if (tokenRequests > mostRequests) {
    return `${tokenRequests} token requests where ${mostRequests} are enough`;
  }
  if (tokensWritten > tokenRequests) return `${tokensWritten} tokens written`;
  if (tookMs > longestMs) return `an instance waited ${tookMs} ms`;
  const withoutToken = ends.filter((end) => end.startsWith('error'));
  // A failed request is shared: the instances that need a token meanwhile back off with it.
  if (failedRequests === 0 && withoutToken.length > failedWrites) return ends.join(', ');
  const unexpected = withoutToken.filter((end) => !/GENESYS_UNAVAILABLE|INTERNAL_ERROR/.test(end));
  return unexpected.length > 0 ? ends.join(', ') : undefined;
}

async function exhaust(scenario: Scenario): Promise<Exploration> {
  const exploration = await explore(scenario, judge);
  expect(exploration.objections).toEqual([]);
  return exploration;
}

describe('in every interleaving of three instances', () => {
  test.each(['empty', 'expired', 'revoked'] as const)(
    'with the secret %s, one instance requests a token and all have it at the next poll',
    async (start) => {
      const { most, runs } = await exhaust({ start, instances: 3 });
      expect(most).toEqual({ tokenRequests: 1, tokensWritten: 1, tookMs: POLL_MS });
      expect(runs).toBeGreaterThan(20);
    },
  );

  test.each(['expired'] as const)(
    'with the secret %s, two that crash at any two steps cost a request and a few seconds each',
    async (start) => {
      const { most } = await exhaust({ start, instances: 3, crashes: 2 });
      expect(most.tokenRequests).toBe(3);
      expect(most.tookMs).toBeLessThanOrEqual(2 * LEASE_MS + POLL_MS);
    },
  );

  test('a holder that is slow but alive costs one request more, and its token is as good', async () => {
    const { most } = await exhaust({ start: 'expired', instances: 3, slowRequests: 1 });
    expect(most.tokenRequests).toBe(2);
  });

  test('a slow holder and another one that crashes cost a request each', async () => {
    const { most } = await exhaust({
      start: 'expired',
      instances: 3,
      slowRequests: 1,
      crashes: 1,
    });
    expect(most.tokenRequests).toBe(3);
  });

  test('a token request that fails makes all of them back off together', async () => {
    const { most } = await exhaust({ start: 'expired', instances: 3, failedRequests: 1 });
    expect(most.tokenRequests).toBe(1);
  });

  test('a token that is revoked while it is handed round is replaced once', async () => {
    const { most } = await exhaust({ start: 'expired', instances: 3, revocations: 1 });
    expect(most.tokenRequests).toBe(2);
  });

  test('a write that fails, or whose response is lost, stops one instance at most', async () => {
    await exhaust({ start: 'expired', instances: 3, failedWrites: 1 });
    await exhaust({ start: 'expired', instances: 2, failedWrites: 1, crashes: 1 });
  });

  test('a token that was refused twice is never used again, whatever the secret still holds', async () => {
    const { runs } = await exhaust({
      start: 'revoked',
      instances: 2,
      failedWrites: 2,
      revocations: 1,
    });
    expect(runs).toBeGreaterThan(100);
  });
});
