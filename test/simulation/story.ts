import type { VirtualTime } from './virtual-time.ts';

/** What happened in a run, one line an event: the replay that a person reads. */
export class Story {
  readonly lines: string[] = [];
  readonly #time: VirtualTime;
  readonly #startMs: number;

  constructor(time: VirtualTime) {
    this.#time = time;
    this.#startMs = time.nowMs;
  }

  tell(who: string, what: string): void {
    this.lines.push(`${this.elapsed()}  ${who.padEnd(10)}  ${what}`);
  }

  /** Virtual time since the start, as `h:mm:ss.mmm`. */
  elapsed(): string {
    const ms = Math.round(this.#time.nowMs - this.#startMs);
    const pad = (value: number, digits: number) => String(Math.floor(value)).padStart(digits, '0');
    return `${pad(ms / 3_600_000, 1)}:${pad((ms / 60_000) % 60, 2)}:${pad((ms / 1000) % 60, 2)}.${pad(ms % 1000, 3)}`;
  }
}
