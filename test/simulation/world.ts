import type { Random } from '../../lib/domain/clock.ts';
import { CALM, type Outage, type Plan, planRun, type Weather } from './plan.ts';
import { seededRandom } from './seeded-random.ts';
import { Story } from './story.ts';
import { VirtualTime } from './virtual-time.ts';

export const STARTED_AT_MS = Date.parse('2026-11-22T15:00:00Z');

/** What all parts of a run share. */
export interface World {
  plan: Plan;
  time: VirtualTime;
  random: Random;
  story: Story;
  /** The plan's weather until `clearUp`, then `CALM`. */
  weather: Weather;
  /** Unique ids, the same in each run of a seed. */
  newId(): string;
  isOut(outage: Outage | undefined): boolean;
  clearUp(): void;
  /** Records a violation of an invariant, with the time. */
  object(what: string): void;
  wrongs: string[];
  /** Every text that leaves a process: log lines, messages, webhook bodies. */
  texts: string[];
}

export function createWorld(seed: number): World {
  const random = seededRandom(seed);
  const plan = planRun(random, STARTED_AT_MS);
  const time = new VirtualTime(STARTED_AT_MS, random);
  const story = new Story(time);
  let ids = 0;
  const world: World = {
    plan,
    time,
    random,
    story,
    weather: plan.weather,
    newId: () => `1d000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
    isOut(outage) {
      const sinceMs = time.nowMs - STARTED_AT_MS;
      return outage !== undefined && sinceMs >= outage.fromMs && sinceMs < outage.toMs;
    },
    clearUp() {
      story.tell('weather', 'clears up');
      world.weather = CALM;
    },
    object(what) {
      world.wrongs.push(`${story.elapsed()}  ${what}`);
      story.tell('!!!', what);
    },
    wrongs: [],
    texts: [],
  };
  return world;
}

/** The end of an id, which is enough in a story. */
export function shortId(id: string | undefined): string {
  return id?.startsWith('+') ? id : `…${id?.slice(-4)}`;
}
