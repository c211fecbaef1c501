import { expect, test } from '@jest/globals';
import type { CallWindow } from '../../lib/domain/call-window.ts';
import type { CallWindowItem } from '../../lib/domain/window-update.ts';
import { createMemoryCallWindow } from '../../lib/genesys/pace/memory-call-window.ts';
import { createSharedWindow } from '../../lib/genesys/pace/shared-window.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';

const STARTED_AT_S = 1_764_000_000;
const OPERATION_MS = 5;

/** A change that counts calls, in a second of its own. */
const countIn =
  (second: number, calls = 1) =>
  (window: CallWindow) => ({
    window: {
      ...window,
      seconds: [...window.seconds, [STARTED_AT_S + second, calls] as [number, number]],
    },
  });

/** The window of one instance. Each operation on its item takes 5 ms by default and is recorded at its end. */
function startWindow({ operationMs = OPERATION_MS } = {}) {
  const time = new VirtualTime(STARTED_AT_S * 1_000);
  const inner = createMemoryCallWindow();
  const operations: string[] = [];
  /** Calls that another instance takes before each of the next updates. */
  const others = { updates: 0, calls: 100 };
  const item: CallWindowItem = {
    async read() {
      await time.wait(operationMs);
      operations.push('read');
      return inner.read();
    },
    async update(update) {
      if (others.updates > 0) {
        others.updates -= 1;
        const seconds: [number, number][] = [[STARTED_AT_S, others.calls]];
        await inner.update({ seconds, dropped: [], callers: {}, droppedCallers: [] });
      }
      await time.wait(operationMs);
      const updated = await inner.update(update);
      operations.push(updated.isMade ? 'update' : 'conflict');
      return updated;
    },
    replace: inner.replace,
  };
  const window = createSharedWindow({ item, budget: 300, clock: time.clock() });
  return {
    window,
    operations,
    others,
    inner,
    nowMs: () => time.nowMs,
    /** Lets time pass. */
    async pass(durationMs: number) {
      const untilMs = time.nowMs + durationMs;
      time.after(durationMs, () => {});
      await time.run({ untilMs });
    },
    async callsWritten() {
      const found = await inner.read();
      if (found === 'unreadable') throw new Error(found);
      return found.seconds.reduce((sum, [, calls]) => sum + calls, 0);
    },
  };
}

test('changes that come while another one is written are written together', async () => {
  const { window, operations, pass, callsWritten } = startWindow();
  const changes = [1, 2, 3, 4].map((second) => window.change(countIn(second)));
  await pass(1_000);
  expect(await Promise.all(changes)).toEqual([true, true, true, true]);
  expect(operations).toEqual(['read', 'update', 'update']);
  expect(await callsWritten()).toBe(4);
});

test('calls that another instance has taken meanwhile are no conflict', async () => {
  const { window, operations, others, pass, callsWritten } = startWindow();
  Object.assign(others, { updates: 1, calls: 50 });
  const change = window.change(countIn(1));
  await pass(1_000);
  expect(await change).toBe(true);
  expect(operations).toEqual(['read', 'update']);
  expect(await callsWritten()).toBe(51);
});

test('if others have taken so many that the decision may be different, it is made again', async () => {
  const { window, operations, others, pass, callsWritten } = startWindow();
  Object.assign(others, { updates: 1, calls: 100 });
  const seen: number[] = [];
  const change = window.change((current) => {
    seen.push(current.seconds.length);
    return countIn(1)(current);
  });
  await pass(1_000);
  expect(await change).toBe(true);
  expect(operations).toEqual(['read', 'conflict', 'update']);
  expect(seen).toEqual([0, 1]);
  expect(await callsWritten()).toBe(101);
});

test('an instance that knows the window updates it without a read', async () => {
  const { window, operations, pass } = startWindow();
  for (const second of [1, 2, 3]) {
    const change = window.change(countIn(second));
    await pass(1_000);
    await change;
  }
  expect(operations).toEqual(['read', 'update', 'update', 'update']);
});

test('a change is given up after ten tries, and a later one goes on', async () => {
  const { window, operations, others, pass } = startWindow();
  others.updates = 10;
  const first = window.change(countIn(1));
  while (others.updates > 1) await pass(1);
  const second = window.change((current) => ({ window: { ...current, stop: later } }));
  await pass(10_000);
  expect(await first).toBe(false);
  expect(await second).toBe(true);
  expect(operations.filter((operation) => operation === 'conflict')).toHaveLength(10);
});

const later = { untilMs: (STARTED_AT_S + 60) * 1_000, probing: false };

test('a change is given up after three seconds, however few the tries', async () => {
  const { window, operations, others, pass } = startWindow({ operationMs: 900 });
  others.updates = 10;
  const change = window.change(countIn(1));
  await pass(20_000);
  expect(await change).toBe(false);
  expect(operations.filter((operation) => operation === 'conflict')).toHaveLength(3);
});

test('a change that is stale is applied to a window that is read now', async () => {
  const { window, operations, pass } = startWindow();
  const first = window.change(countIn(1));
  await pass(1_000);
  const ages: number[] = [];
  const second = window.change((current, { readAtMs }) => {
    ages.push(readAtMs - STARTED_AT_S * 1_000);
    return ages.length === 1 ? 'stale' : { window: current };
  });
  await pass(1_000);
  expect(await Promise.all([first, second])).toEqual([true, true]);
  expect(operations).toEqual(['read', 'update', 'read']);
  expect(ages[1]).toBeGreaterThan(1_000);
});

test("the platform's count is written with a window that was read after it", async () => {
  const { window, inner, nowMs, pass } = startWindow();
  const first = window.change(countIn(0));
  await pass(1_000);
  await first;
  // Another instance makes 20 calls, and the platform counts them before this instance knows of them.
  const seconds: [number, number][] = [[STARTED_AT_S, 20]];
  await inner.update({ seconds, dropped: [], callers: {}, droppedCallers: [] });
  const count = { count: 21, allowed: 300, resetSeconds: 60, accepted: true, atMs: nowMs() };
  window.correct(count);
  const limits: boolean[] = [];
  const change = (second: number) =>
    window.change((current, { isLimitTooLow }) => {
      limits.push(isLimitTooLow);
      return countIn(second)(current);
    });
  const second = change(1);
  await pass(1_000);
  await second;
  expect(await inner.read()).toMatchObject({ platform: { allowed: 300, count: 0 } });
  expect(window.pendingCorrection()).toBe(count);
  const third = change(2);
  await pass(1_000);
  await third;
  expect(await inner.read()).toMatchObject({ platform: { allowed: 300, foreign: 0 } });
  expect(window.pendingCorrection()).toBeUndefined();
  expect(limits).toEqual([true, false]);
});

test('a response without counters leaves those of the last one', async () => {
  const { window, nowMs } = startWindow();
  const count = { count: 1, allowed: 100, resetSeconds: 60, accepted: false, atMs: nowMs() };
  window.correct(count);
  const none = { count: undefined, allowed: undefined, resetSeconds: undefined };
  window.correct({ ...none, accepted: true, atMs: nowMs() });
  expect(window.pendingCorrection()).toEqual({ ...count, accepted: true });
});

test("the platform's count is not used after five seconds", async () => {
  const { window, nowMs, pass } = startWindow();
  window.correct({ count: 1, allowed: 100, resetSeconds: 60, accepted: true, atMs: nowMs() });
  await pass(5_001);
  expect(window.pendingCorrection()).toBeUndefined();
});

test('an unreadable item is replaced by a full minute', async () => {
  const { inner, pass, nowMs } = startWindow();
  const replaced: CallWindow['seconds'][] = [];
  const reports: string[] = [];
  const window = createSharedWindow({
    item: {
      ...inner,
      read: async () => 'unreadable',
      replace: async (seconds) => void replaced.push([...seconds]),
    },
    budget: 300,
    clock: { now: nowMs },
    onUnreadable: () => reports.push('unreadable'),
  });
  const change = window.change((current) => ({ window: current }));
  await pass(10);
  expect(await change).toBe(true);
  expect(replaced).toEqual([[[STARTED_AT_S, 300]]]);
  expect(window.latest()).toEqual({ seconds: [[STARTED_AT_S, 300]], callers: {} });
  expect(reports).toEqual(['unreadable']);
});

test('an error of the item fails the changes of that update only', async () => {
  const failing: CallWindowItem = {
    ...createMemoryCallWindow(),
    update: async () => Promise.reject(new Error('away')),
  };
  const clock = new VirtualTime(STARTED_AT_S * 1_000).clock();
  const window = createSharedWindow({ item: failing, budget: 300, clock });
  await expect(window.change(countIn(1))).rejects.toThrow('away');
  await expect(window.change((current) => ({ window: current }))).resolves.toBe(true);
});
