import { AdderError } from '../../lib/domain/adder-error.ts';
import type { VersionedWrite } from '../../lib/domain/versioned-item.ts';
import type { AccessToken } from '../../lib/genesys/token/request-token.ts';
import { createTokenLease, LEASE_MS } from '../../lib/genesys/token/token-lease.ts';
import { createTokenSource, type TokenSource } from '../../lib/genesys/token/token-source.ts';

/** What the instances find, and what may go wrong at any step, so many times in one run. */
export interface Scenario {
  /** The secret at the start: without a value, with an expired token, or with a revoked one. */
  start: 'empty' | 'expired' | 'revoked';
  instances: number;
  /** An instance vanishes before a step of its own; what it did before stays done. */
  crashes?: number;
  /** A token request takes `SLOW_MS`: longer than a lease is respected. */
  slowRequests?: number;
  /** A token request fails with a gateway's error. */
  failedRequests?: number;
  /** Genesys Cloud revokes a token immediately before it is used. */
  revocations?: number;
  /** Writing the secret or the lease fails: without effect, or with its response lost. */
  failedWrites?: number;
}

/** What one finished run came to. */
export interface Outcome {
  tokenRequests: number;
  /** Tokens written to the secret. */
  tokensWritten: number;
  /** Virtual time from the start to the last instance's end. */
  tookMs: number;
  /** Per instance: the token it could use in the end, why it has none, or that it crashed. */
  ends: ('token' | 'crashed' | `error ${string}`)[];
  /** Budgets of the scenario that were used up in this run. */
  used: Record<Fault, number>;
  /** One line a step: the schedule, to be read. */
  schedule: string[];
}

export interface Exploration {
  /** Different complete runs. */
  runs: number;
  /** Different states that were passed through. */
  states: number;
  /** What `judge` objected to, each with its schedule. At most `MAX_OBJECTIONS`. */
  objections: { objection: string; schedule: string[] }[];
  /** The most that any run came to. */
  most: Pick<Outcome, 'tokenRequests' | 'tokensWritten' | 'tookMs'>;
}

type Fault = 'crashes' | 'slowRequests' | 'failedRequests' | 'revocations' | 'failedWrites';
const FAULTS: Fault[] = [
  'crashes',
  'slowRequests',
  'failedRequests',
  'revocations',
  'failedWrites',
];

/** The very moment at which a lease runs out: both can happen first. */
export const SLOW_MS = LEASE_MS;
/** How often a waiting instance looks here. */
export const POLL_MS = 1_250;
const MAX_OBJECTIONS = 5;
/** A run that is longer than this does not end. */
const MAX_STEPS = 3_000;

const STARTED_AT_MS = Date.parse('2026-11-22T15:00:00Z');
const DAY_MS = 86_400_000;
const OLD_TOKEN = 'token-0';

/** One thing that can happen next: a step of one instance, in one of its variants. */
interface Choice {
  label: string;
  fault?: Fault;
  apply(): void;
}

/** A choice that can be made now; its line is what the schedule will have. */
interface Option extends Choice {
  instance: number;
  line: string;
}

interface Pending {
  label: string;
  /** The first is how it goes when nothing goes wrong. */
  variants: Choice[];
}

/**
 * Runs the real token source in several instances over one secret and one lease, one step at a time. A
 * step is a call to the outside: it takes effect and returns at once, and between two steps of an
 * instance any steps of the others may happen. Time passes only while no instance has a step to take.
 */
class World {
  nowMs = STARTED_AT_MS;
  readonly schedule: string[] = [];
  readonly used: Record<Fault, number> = {
    crashes: 0,
    slowRequests: 0,
    failedRequests: 0,
    revocations: 0,
    failedWrites: 0,
  };
  tokenRequests = 0;
  readonly ends: (Outcome['ends'][number] | undefined)[];
  readonly #scenario: Scenario;
  readonly #lease = createInspectableItem();
  #stored: AccessToken | undefined;
  tokensWritten = 0;
  readonly #goodTokens = new Set<string>();
  readonly #pending: (Pending | undefined)[];
  readonly #sleeping: ({ wakeAtMs: number; wake: () => void } | undefined)[];
  /** Names everything that an instance has seen, and with that its inner state. */
  readonly #histories: number[];
  readonly #intern: (history: string) => number;

  constructor(scenario: Scenario, intern: (history: string) => number) {
    this.#scenario = scenario;
    this.#intern = intern;
    if (scenario.start !== 'empty') {
      const lifeMs = scenario.start === 'expired' ? -1_000 : DAY_MS;
      this.#stored = {
        accessToken: OLD_TOKEN,
        issuedAtMs: this.nowMs - DAY_MS,
        expiresAtMs: this.nowMs + lifeMs,
      };
    }
    const none = Array.from({ length: scenario.instances }, () => undefined);
    this.#pending = [...none];
    this.#sleeping = [...none];
    this.ends = [...none];
    this.#histories = none.map(() => 0);
    none.forEach((_, instance) => {
      this.#run(instance).then(
        () => this.#end(instance, 'token'),
        (error: unknown) => {
          const known = error instanceof AdderError;
          this.#end(instance, `error ${known ? error.code : String((error as Error).stack)}`);
        },
      );
    });
  }

  /** What an instance of the function does: gets a token, uses it, replaces one that is refused. */
  async #run(instance: number): Promise<void> {
    const source = this.#createSource(instance);
    const refused = new Set<string>();
    let token: string;
    if (this.#scenario.start === 'revoked') {
      refused.add(OLD_TOKEN);
      token = await source.replace(OLD_TOKEN);
    } else {
      token = await source.get();
    }
    for (;;) {
      if (refused.has(token)) throw new Error('a token was returned that had been refused twice');
      if (await this.#use(instance, token)) break;
      const next = await source.replace(token);
      // A new token that is refused is tried once more.
      if (next !== token) {
        refused.add(token);
        token = next;
      } else if (await this.#use(instance, token)) break;
      else {
        refused.add(token);
        token = await source.replace(token);
      }
    }
    source.accepted(token);
  }

  #createSource(instance: number): TokenSource {
    return createTokenSource({
      secret: {
        read: () => this.#step(instance, 'reads the secret', () => this.#stored),
        write: (token) =>
          this.#write(instance, 'writes the token', async () => {
            this.#stored = token;
            this.tokensWritten += 1;
          }),
      },
      lease: createTokenLease({
        item: {
          read: () => this.#step(instance, 'reads the lease', () => this.#lease.peek()),
          write: (value, version) =>
            this.#write(instance, 'writes the lease', () => this.#lease.write(value, version)),
        },
        owner: `holder ${instance}`,
        clock: { now: () => this.nowMs },
      }),
      readCredentials: async () => ({ clientId: 'id', clientSecret: 'secret', versionId: '1' }),
      requestToken: async () => {
        const { number, issuedAtMs } = await this.#requestToken(instance);
        const accessToken = `token-${number}`;
        this.#goodTokens.add(accessToken);
        return { accessToken, issuedAtMs, expiresAtMs: issuedAtMs + DAY_MS };
      },
      clock: { now: () => this.nowMs, sleep: (delayMs) => this.#sleep(instance, delayMs) },
      // All poll at the same moments: the most that they can get into each other's way. More seldom
      // than they do outside, since one round of polls is like another and each multiplies the runs.
      random: () => 9,
    });
  }

  /** The effect is there at once, and may be there although the caller is told of a failure. */
  async #write<T>(instance: number, what: string, put: () => Promise<T>): Promise<T> {
    return await this.#step(instance, what, put, [
      {
        label: `${what}, which fails`,
        fault: 'failedWrites',
        perform: () => {
          throw new Error('could not be written');
        },
      },
      {
        label: `${what}, and the response is lost`,
        fault: 'failedWrites',
        perform: () => {
          void put();
          throw new Error('no response');
        },
      },
    ]);
  }

  async #requestToken(instance: number): Promise<{ number: number; issuedAtMs: number }> {
    const ask = () => {
      this.tokenRequests += 1;
      return { number: this.tokenRequests, issuedAtMs: this.nowMs, lastsMs: 0 };
    };
    const { lastsMs, ...asked } = await this.#step(instance, 'asks for a token', ask, [
      {
        label: 'asks for a token, slowly',
        fault: 'slowRequests',
        perform: () => ({ ...ask(), lastsMs: SLOW_MS }),
      },
      {
        label: 'asks for a token, in vain',
        fault: 'failedRequests',
        perform: () => {
          ask();
          throw new AdderError('503', { code: 'GENESYS_UNAVAILABLE', disposition: 'retry' });
        },
      },
    ]);
    if (lastsMs > 0) {
      await this.#sleep(instance, lastsMs);
      await this.#step(instance, 'has the slow response', () => undefined);
    }
    return asked;
  }

  #use(instance: number, token: string): Promise<boolean> {
    return this.#step(instance, `uses ${token}`, () => this.#goodTokens.has(token), [
      {
        label: `uses ${token}, just revoked`,
        fault: 'revocations',
        perform: () => {
          this.#goodTokens.delete(token);
          return false;
        },
      },
    ]);
  }

  #step<T>(
    instance: number,
    label: string,
    perform: () => T,
    otherwise: { label: string; fault: Fault; perform: () => T }[] = [],
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const variant = (how: { label: string; fault?: Fault; perform: () => T }): Choice => ({
        label: how.label,
        ...(how.fault ? { fault: how.fault } : {}),
        apply: () => {
          try {
            const result = how.perform();
            this.#remember(instance, `${how.label} = ${JSON.stringify(result)}`);
            resolve(result);
          } catch (error) {
            this.#remember(instance, `${how.label} threw`);
            reject(error);
          }
        },
      });
      this.#pending[instance] = {
        label,
        variants: [{ label, perform }, ...otherwise].map(variant),
      };
    });
  }

  #sleep(instance: number, delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#sleeping[instance] = { wakeAtMs: this.nowMs + Math.ceil(delayMs), wake: resolve };
    });
  }

  #remember(instance: number, event: string): void {
    // Who holds a lease is of no interest to the code; without it the instances are alike.
    const seen = event.replaceAll(/holder \d/g, 'holder');
    this.#histories[instance] = this.#intern(`${this.#histories[instance]} ${this.nowMs} ${seen}`);
  }

  #end(instance: number, end: Outcome['ends'][number]): void {
    this.ends[instance] = end;
    this.#remember(instance, end);
  }

  /** Lets the code run until every instance waits for a step or for its time, or has ended. */
  async settle(): Promise<void> {
    const isBusy = (_: unknown, instance: number) =>
      !this.#pending[instance] && !this.#sleeping[instance] && !this.ends[instance];
    while (this.ends.some(isBusy)) await undefined;
  }

  isOver(): boolean {
    return this.ends.every((end) => end !== undefined);
  }

  /** Everything that can happen next. Lets time pass until there is something. */
  choices(): Option[] {
    for (;;) {
      const choices = this.#pending.flatMap((pending, instance) =>
        pending ? this.#choicesOf(instance, pending) : [],
      );
      if (choices.length > 0) return choices;
      const wakeAtMs = Math.min(...this.#sleeping.map((sleep) => sleep?.wakeAtMs ?? Infinity));
      if (wakeAtMs === Infinity) return [];
      this.nowMs = wakeAtMs;
      this.#sleeping.forEach((sleep, instance) => {
        if (sleep?.wakeAtMs !== wakeAtMs) return;
        this.#sleeping[instance] = undefined;
        sleep.wake();
      });
      return [];
    }
  }

  #choicesOf(instance: number, { label, variants }: Pending): Option[] {
    const crash: Choice = {
      label: `crashes before it ${label}`,
      fault: 'crashes',
      apply: () => this.#end(instance, 'crashed'),
    };
    return [...variants, crash]
      .filter(({ fault }) => !fault || this.used[fault] < (this.#scenario[fault] ?? 0))
      .map((choice) => {
        const line = `${this.nowMs - STARTED_AT_MS} ms: ${instance} ${choice.label}`;
        const apply = () => {
          if (choice.fault) this.used[choice.fault] += 1;
          this.schedule.push(line);
          this.#pending[instance] = undefined;
          choice.apply();
        };
        return { ...choice, instance, line, apply };
      });
  }

  /**
   * Names this state. The code is deterministic: where two schedules have shown every instance the
   * same responses at the same times and left the same secret behind, all that follows is the same.
   * Which instance is which makes no difference either, so histories are sorted.
   */
  key(): string {
    return [
      this.nowMs,
      this.tokenRequests,
      ...this.#histories.toSorted(),
      this.#stored?.accessToken,
      JSON.stringify(this.#lease.peek()),
      ...this.#goodTokens,
      ...FAULTS.map((fault) => this.used[fault]),
    ].join('|');
  }

  outcome(): Outcome {
    return {
      tokenRequests: this.tokenRequests,
      tokensWritten: this.tokensWritten,
      tookMs: this.nowMs - STARTED_AT_MS,
      ends: this.ends.map((end) => end ?? 'error did not end'),
      used: this.used,
      schedule: this.schedule,
    };
  }
}

/**
 * Exhausts the schedules of a scenario, depth first: each run starts anew, follows the choices of
 * the last one up to where it has an alternative left, takes that, and goes on from there. A state
 * that was seen before is not followed any further.
 * @param judge says what is wrong with a run, or nothing
 */
export async function explore(
  scenario: Scenario,
  judge: (outcome: Outcome) => string | undefined,
): Promise<Exploration> {
  const intern = createIntern();
  const seen = new Set<string>();
  const exploration: Exploration = {
    runs: 0,
    states: 0,
    objections: [],
    most: { tokenRequests: 0, tokensWritten: 0, tookMs: 0 },
  };
  let prefix: number[] = [];
  for (;;) {
    const { trail, outcome } = await runOnce(new World(scenario, intern), prefix, seen);
    if (outcome) {
      const { most } = exploration;
      exploration.runs += 1;
      for (const figure of ['tokenRequests', 'tokensWritten', 'tookMs'] as const) {
        most[figure] = Math.max(most[figure], outcome[figure]);
      }
      const objection = judge(outcome);
      if (objection) exploration.objections.push({ objection, schedule: outcome.schedule });
    }
    const last = trail.findLastIndex(({ taken, of }) => taken + 1 < of);
    if (last === -1 || exploration.objections.length >= MAX_OBJECTIONS) break;
    prefix = trail.slice(0, last + 1).map(({ taken }, at) => (at === last ? taken + 1 : taken));
  }
  exploration.states = seen.size;
  return exploration;
}

/**
 * One run: follows `prefix` where there is more than one choice, then takes the first each time.
 * The trail says which of how many it took. No outcome: it came to a state that was seen before.
 */
async function runOnce(
  world: World,
  prefix: number[],
  seen: Set<string>,
): Promise<{ trail: { taken: number; of: number }[]; outcome?: Outcome }> {
  const trail: { taken: number; of: number }[] = [];
  for (let step = 0; step < MAX_STEPS; step += 1) {
    await world.settle();
    if (world.isOver()) break;
    const choices = world.choices();
    if (choices.length === 0) continue;
    let taken = 0;
    if (choices.length > 1) {
      taken = prefix[trail.length] ?? 0;
      if (trail.length >= prefix.length) {
        const key = world.key();
        if (seen.has(key)) return { trail };
        seen.add(key);
      }
      trail.push({ taken, of: choices.length });
    }
    choices[taken]?.apply();
  }
  return { trail, outcome: world.outcome() };
}

/** The table's item, whose content can be looked at without a step. */
function createInspectableItem() {
  let held: { value: unknown; version: number } | undefined;
  return {
    peek: () => structuredClone(held),
    /** Takes effect before it returns. */
    write(value: unknown, previousVersion: number): Promise<VersionedWrite> {
      if ((held?.version ?? 0) !== previousVersion) {
        return Promise.resolve({ isWritten: false, current: structuredClone(held) });
      }
      held = { value: JSON.parse(JSON.stringify(value)), version: previousVersion + 1 };
      return Promise.resolve({ isWritten: true, version: held.version });
    },
  };
}

/** Numbers for texts, the same for the same text. */
function createIntern(): (text: string) => number {
  const numbers = new Map<string, number>();
  return (text) => {
    const number = numbers.get(text) ?? numbers.size + 1;
    numbers.set(text, number);
    return number;
  };
}
