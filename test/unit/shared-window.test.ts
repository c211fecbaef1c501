import { expect, test } from '@jest/globals';
import { type CallWindow, EMPTY_WINDOW } from '../../lib/domain/call-window.ts';
import type { VersionedItem } from '../../lib/domain/versioned-item.ts';
import { createMemoryItem } from '../../lib/genesys/pace/memory-item.ts';
import { createSharedWindow } from '../../lib/genesys/pace/shared-window.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';

const STARTED_AT_S = 1_764_000_000;
const OPERATION_MS = 5;

/** A change that counts one call, in a second of its own. */
const countIn = (second: number) => (window: CallWindow) => ({
  ...window,
  seconds: [...window.seconds, [STARTED_AT_S + second, 1] as [number, number]],
});

/** The window of one instance. Each operation on its item takes 5 ms by default and is recorded at its end. */
function startWindow({ operationMs = OPERATION_MS } = {}) {
  const time = new VirtualTime(STARTED_AT_S * 1_000);
  const inner = createMemoryItem();
  const operations: string[] = [];
  /** How many of the next writes come after the write of another instance. */
  const others = { writes: 0 };
  /** The response of the next write is lost, another instance writes, and the SDK repeats the write. */
  const lost = { next: false };
  async function writeByOthers() {
    const found = await inner.read();
    await inner.write(found?.value ?? EMPTY_WINDOW, found?.version ?? 0);
  }
  const item: VersionedItem = {
    async read() {
      await time.wait(operationMs);
      operations.push('read');
      return inner.read();
    },
    async write(value, previousVersion) {
      if (others.writes > 0) {
        others.writes -= 1;
        await writeByOthers();
      }
      if (lost.next) {
        lost.next = false;
        await inner.write(value, previousVersion);
        await writeByOthers();
      }
      await time.wait(operationMs);
      const written = await inner.write(value, previousVersion);
      operations.push(written.isWritten ? 'write' : 'conflict');
      return written;
    },
  };
  const window = createSharedWindow({ item, budget: 300, clock: time.clock(), random: () => 1 });
  return {
    window,
    operations,
    others,
    lost,
    /** Lets time pass. */
    async pass(durationMs: number) {
      const untilMs = time.nowMs + durationMs;
      time.after(durationMs, () => {});
      await time.run({ untilMs });
    },
    async secondsWritten() {
      const found = await inner.read();
      return (found?.value as CallWindow | undefined)?.seconds.length;
    },
  };
}

test('changes that come during the pause after a conflict are written together with the first', async () => {
  const { window, operations, others, pass, secondsWritten } = startWindow();
  others.writes = 1;
  const first = window.change(countIn(1));
  await pass(15);
  expect(operations).toEqual(['read', 'conflict']);
  const second = window.change(countIn(2));
  await pass(100);
  expect(await Promise.all([first, second])).toEqual([true, true]);
  expect(operations.filter((operation) => operation === 'write')).toHaveLength(1);
  expect(await secondsWritten()).toBe(2);
});

test('while other instances write, a window that was read a while ago is read again before a write', async () => {
  const { window, operations, others, pass } = startWindow();
  others.writes = 1;
  const first = window.change(countIn(1));
  await pass(1_000);
  operations.length = 0;
  const second = window.change(countIn(2));
  await pass(1_000);
  expect(operations).toEqual(['read', 'write']);
  expect(await Promise.all([first, second])).toEqual([true, true]);
});

test('an instance that is alone writes without a read', async () => {
  const { window, operations, pass } = startWindow();
  for (const second of [1, 2, 3]) {
    const change = window.change(countIn(second));
    await pass(1_000);
    await change;
  }
  expect(operations).toEqual(['read', 'write', 'write', 'write']);
});

test('a change is given up after ten conflicts of its own, and a later one goes on', async () => {
  const { window, operations, others, pass, secondsWritten } = startWindow();
  others.writes = 10;
  const first = window.change(countIn(1));
  while (others.writes > 1) await pass(1);
  const second = window.change(countIn(2));
  await pass(10_000);
  expect(await first).toBe(false);
  expect(await second).toBe(true);
  expect(operations.filter((operation) => operation === 'conflict')).toHaveLength(10);
  expect(await secondsWritten()).toBe(1);
});

// Bug: the repeated write saw the write of another instance, and the change was applied twice: calls that were
// returned twice could be made beyond the budget. Fix: the window keeps the ids of the last writes.
test('a change whose response was lost is applied once, although another instance wrote before the repeat', async () => {
  const { window, operations, lost, pass, secondsWritten } = startWindow();
  lost.next = true;
  const change = window.change(countIn(1));
  await pass(1_000);
  expect(await change).toBe(true);
  expect(operations).toEqual(['read', 'conflict']);
  expect(await secondsWritten()).toBe(1);
  const next = window.change(countIn(2));
  await pass(1_000);
  expect(await next).toBe(true);
  expect(await secondsWritten()).toBe(2);
});

test('a change is given up after three seconds of conflicts, however few they are', async () => {
  const { window, operations, others, pass } = startWindow({ operationMs: 900 });
  others.writes = 10;
  const change = window.change(countIn(1));
  await pass(20_000);
  expect(await change).toBe(false);
  expect(operations.filter((operation) => operation === 'conflict')).toHaveLength(2);
});

test('a change that is stale is applied to a window that is read now', async () => {
  const { window, operations, pass } = startWindow();
  const first = window.change(countIn(1));
  await pass(1_000);
  const ages: number[] = [];
  const second = window.change((current, readAtMs) => {
    ages.push(readAtMs - STARTED_AT_S * 1_000);
    return ages.length === 1 ? 'stale' : current;
  });
  await pass(1_000);
  expect(await Promise.all([first, second])).toEqual([true, true]);
  expect(operations).toEqual(['read', 'write', 'read']);
  expect(ages[1]).toBeGreaterThan(1_000);
});

test('an error of the item fails the changes of that write only', async () => {
  const failing: VersionedItem = {
    read: async () => undefined,
    write: async () => Promise.reject(new Error('away')),
  };
  const window = createSharedWindow({
    item: failing,
    budget: 300,
    clock: new VirtualTime(0).clock(),
    random: () => 1,
  });
  await expect(window.change(countIn(1))).rejects.toThrow('away');
  await expect(window.change((current) => current)).resolves.toBe(true);
});
