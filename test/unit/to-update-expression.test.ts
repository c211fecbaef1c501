import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallWindow, Counted } from '../../lib/domain/call-window.ts';
import { decideCalls } from '../../lib/domain/decide-calls.ts';
import { updateBetween, type WindowUpdate } from '../../lib/domain/window-update.ts';
import { toUpdateExpression } from '../../lib/records/to-update-expression.ts';

const NOW_S = 1_764_000_000;
const NOW_MS = NOW_S * 1_000;
const BUDGET = 300;

/** DynamoDB's limits, per expression. */
const MOST_BYTES = 4_096;
const MOST_OPERATORS = 300;

/** @returns what DynamoDB limits, of the longer of the two expressions */
function sizeOf(update: WindowUpdate, endedInstances = 0) {
  const instances = new Map<string, number>();
  for (let each = 0; each < endedInstances; each += 1) {
    instances.set(each.toString(16).padStart(8, '0'), NOW_MS - 3_600_000);
  }
  const input = toUpdateExpression(update, {
    instance: 'own',
    number: NOW_MS,
    instances,
    expiresAt: NOW_S,
  });
  const { UpdateExpression = '', ConditionExpression = '' } = input;
  const operators = ConditionExpression.match(/ (=|<|<=|>=|AND|OR) |attribute_\w+/g) ?? [];
  return {
    bytes: Math.max(UpdateExpression.length, ConditionExpression.length),
    operators: operators.length,
  };
}

function expectWithinLimits({ bytes, operators }: ReturnType<typeof sizeOf>): void {
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
  expect(operators).toBeLessThanOrEqual(MOST_OPERATORS);
}

/** The update of an instance that asks for calls for several callers at one moment. */
function updateForCalls(window: CallWindow, callers: number): WindowUpdate {
  let next = window;
  for (let each = 0; each < callers; each += 1) {
    const wanted = { calls: 1, callerId: `mine ${each}`, priority: 'normal' } as const;
    const options = { budget: BUDGET, nowMs: NOW_MS, random: () => 0.5 };
    next = decideCalls(next, wanted, options).window ?? next;
  }
  const update = updateBetween(window, next, { nowMs: NOW_MS, limit: BUDGET });
  if (!update) throw new Error('No update is needed');
  return update;
}

/** One call in each of the seconds before now. */
const secondsBefore = (count: number): Counted[] =>
  Array.from({ length: count }, (_, ago): Counted => [NOW_S - ago, 1]).reverse();

function callersOf(count: number, minutesAgo: readonly number[]): CallWindow['callers'] {
  const minute = Math.floor(NOW_S / 60);
  return Object.fromEntries(
    Array.from({ length: count }, (_, id) => [
      id.toString(16).padStart(16, '0'),
      {
        used: minutesAgo.map((ago): Counted => [minute - ago, 3]),
        waitingSinceMs: NOW_MS - 90_000,
        waitingUntilMs: NOW_MS - 80_000 + id,
      },
    ]),
  );
}

// Bug: after many instances or callers, updates were longer than DynamoDB takes, and no call was granted any more.
test('an update stays within the limits of DynamoDB, whatever the window contains', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 0, max: 500 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
      fc.integer({ min: 0, max: 2_000 }),
      fc.integer({ min: 1, max: 10 }),
      (seconds, callers, minutesAgo, endedInstances, mine) => {
        const window = {
          seconds: secondsBefore(seconds),
          callers: callersOf(callers, minutesAgo.sort().reverse()),
        };
        const update = updateForCalls(window, mine);
        expectWithinLimits(sizeOf(update, endedInstances));
      },
    ),
    { numRuns: 200 },
  );
});
