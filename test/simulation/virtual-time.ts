import type { Clock } from '../../lib/domain/clock.ts';

interface Event {
  atMs: number;
  /** Breaks ties: in the order of scheduling, or as the seed has it. */
  rank: number;
  run: () => void;
}

/**
 * Time that passes only when all that could be done at one moment has been done. One event is run
 * after the other, each to its end: until all code waits for a later one.
 */
export class VirtualTime {
  nowMs: number;
  readonly #rank: () => number;
  /** A binary heap, the next event first. */
  readonly #events: Event[] = [];

  /** @param random decides the order of events at the same moment; default: first come, first run */
  constructor(startMs: number, random?: () => number) {
    this.nowMs = startMs;
    let count = 0;
    this.#rank = random ?? (() => count++);
  }

  /** Runs something after a while, in milliseconds. */
  after(delayMs: number, run: () => void): void {
    const event = { atMs: this.nowMs + Math.max(0, delayMs), rank: this.#rank(), run };
    const events = this.#events;
    let at = events.push(event) - 1;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = events[parentAt];
      if (!parent || !isBefore(event, parent)) break;
      events[at] = parent;
      at = parentAt;
    }
    events[at] = event;
  }

  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** A clock that is so much ahead of the true time, in milliseconds. */
  clock(skewMs = 0): Clock {
    return {
      now: () => Math.floor(this.nowMs + skewMs),
      sleep: (delayMs) => this.wait(delayMs),
    };
  }

  /**
   * Runs events until `isOver` says so.
   * @returns false if there were none left before that, or the time limit came first
   */
  async run(limits: { untilMs: number; isOver?: () => boolean }): Promise<boolean> {
    const { untilMs, isOver = () => false } = limits;
    for (;;) {
      // Everything that the last event has set off, however many promises deep.
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#events[0];
      if (isOver()) return true;
      if (!next || next.atMs > untilMs) return false;
      this.#removeFirst();
      this.nowMs = next.atMs;
      next.run();
    }
  }

  #removeFirst(): void {
    const events = this.#events;
    const last = events.pop();
    if (!last || events.length === 0) return;
    let at = 0;
    for (;;) {
      const [left, right] = [events[2 * at + 1], events[2 * at + 2]];
      if (!left) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, last)) break;
      events[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    events[at] = last;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.rank < other.rank);
}
