import type { GenesysState } from '../genesys/create-genesys.ts';

export interface Gauges {
  token: {
    /** Seconds that the newest token is still valid; 0 for none. */
    secondsLeft: number;
    lifetimeSeconds: number;
    /** Tokens that were issued so far. */
    issued: number;
  };
  rate: {
    /** Calls in the last minute. */
    calls: number;
    /** What the stand-in allows in a minute. */
    allowed: number;
    /** Responses with 429 in the last minute. */
    refused: number;
  };
}

const MINUTE_MS = 60_000;

/** How much is left of the token and of the calls of this minute. */
export function readGauges(genesys: GenesysState, nowMs: number): Gauges {
  const { calls, behaviour } = genesys;
  const newest = calls.findLast(({ path, status }) => path === '/oauth/token' && status === 200);
  const { tokenLifetimeSeconds: lifetimeSeconds } = behaviour;
  const ageSeconds = newest ? Math.floor((nowMs - newest.atMs) / 1000) : lifetimeSeconds;
  // Calls are in order, so only the last ones are looked at.
  const first = calls.findLastIndex(({ atMs }) => atMs < nowMs - MINUTE_MS) + 1;
  const recent = calls.slice(first);
  return {
    token: {
      secondsLeft: Math.max(0, lifetimeSeconds - ageSeconds),
      lifetimeSeconds,
      issued: genesys.tokensIssued(),
    },
    rate: {
      calls: recent.length,
      allowed: behaviour.requestsPerMinute,
      refused: recent.filter(({ status }) => status === 429).length,
    },
  };
}
