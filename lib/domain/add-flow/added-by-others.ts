import { isSameAddress } from '../address.ts';
import { openPositions, requestedAt } from './open-positions.ts';
import { look, pauseUntil } from './pause-until.ts';
import { READ_LAG_MS } from './resolve-adds.ts';
import type { Action, FlowState } from './state.ts';

/** After another request's add in this conversation, reads are not trusted for this long. */
const OTHERS_SETTLE_MS = 2_000;

/** Waits, because reads may not show yet the people whom another request has just added. */
export function addedByOthersJustNow(state: FlowState, nowMs: number): Action | undefined {
  if (state.sight) return undefined;
  const settledMs = Math.max(0, ...state.otherAdds.map(({ atMs }) => atMs + OTHERS_SETTLE_MS));
  if (nowMs >= settledMs) return undefined;
  return pauseUntil(state, nowMs, settledMs, {
    code: 'CONVERSATION_BUSY',
    detail: 'Another request has just added people to this conversation',
  });
}

/**
 * Waits, so that a person whom another request has just rung is not rung twice. Only a look that began late
 * enough counts: it may have taken seconds.
 */
export function samePersonAddedByOthers(state: FlowState, nowMs: number): Action | undefined {
  const missing = requestedAt(state, openPositions(state));
  const same = state.otherAdds.filter(({ participant }) =>
    missing.some(
      ({ id, address }) =>
        (id !== undefined && id === participant.id) ||
        (address !== undefined &&
          participant.address !== undefined &&
          isSameAddress(address, participant.address)),
    ),
  );
  const settledMs = Math.max(0, ...same.map(({ atMs }) => atMs + READ_LAG_MS));
  if (state.lookedAtMs >= settledMs) return undefined;
  if (nowMs >= settledMs) return look(state, nowMs, state.dryRun ? 1 : 2);
  return pauseUntil(state, nowMs, settledMs, {
    code: 'CONVERSATION_BUSY',
    detail: 'Another request has just rung the same person',
  });
}
