import type { Clock, Random } from '../../lib/domain/clock.ts';
import { HttpError, type SendHttp } from '../../lib/http/send-http.ts';
import type { Log } from '../../lib/logger.ts';
import type { GenesysRequest } from '../../local/genesys/exchange.ts';
import type { Outage } from './plan.ts';
import type { World } from './world.ts';

/** Attempts of the SDK. */
const TABLE_ATTEMPTS = 3;

/** The service was not reached, or its response was lost. */
class AwsFault extends Error {}

const isPassing = (error: unknown) => error instanceof AwsFault;

/** How a server handles a request that has arrived. */
export type Serve = (request: GenesysRequest, from: SimulatedProcess) => ServedExchange;

export interface ServedExchange {
  /** Before it is carried out. */
  waitMs: number;
  carryOut(): {
    /** Time from there to the response. */
    delayMs: number;
    kind: 'response' | 'cut' | 'reset' | 'hang';
    response?: { status: number; headers: Record<string, string>; body: string };
  };
}

export interface ProcessOptions {
  world: World;
  name: string;
  /** Milliseconds by which its clock is ahead. */
  skewMs: number;
}

/**
 * A process that runs our code. All its port calls go through here. A call takes time, may fail, may take
 * effect although its response is lost, and may be followed by a crash. A promise that a crashed process
 * waits for never settles.
 */
export class SimulatedProcess {
  readonly name: string;
  isAlive = true;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly #world: World;
  readonly #died: ((why: string) => void)[] = [];

  constructor({ world, name, skewMs }: ProcessOptions) {
    this.name = name;
    this.random = world.random;
    this.#world = world;
    const { now, sleep } = world.time.clock(skewMs);
    this.clock = {
      now,
      sleep: async (delayMs) => {
        await this.#moment('sleeps');
        await sleep(delayMs);
        await this.#moment('wakes up');
      },
    };
    const write =
      (level: string) =>
      (message: string, fields: Record<string, unknown> = {}) =>
        void world.texts.push(`${level} ${message} ${toText(fields)}`);
    this.log = {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    };
  }

  /** Calls back when the process dies, or at once if it is dead. */
  onDeath(listener: (why: string) => void): void {
    if (this.isAlive) this.#died.push(listener);
    else listener('it died at its start');
  }

  /** Ends the process. */
  die(why: string): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#world.story.tell(this.name, `✝ dies: ${why}`);
    for (const listener of this.#died) listener(why);
  }

  /**
   * A call to AWS. It takes effect at one moment, in the middle of its duration.
   * @param outage of the service that is called
   */
  async call<T>(what: string, effect: () => T, outage?: Outage): Promise<T> {
    const { random, time, story } = this.#world;
    await this.#moment(`before it ${what}`);
    await time.wait(this.#latencyMs());
    // If the process dies from here on, its request has been sent.
    const { awsFails, awsResponseLost } = this.#world.weather;
    if (this.#world.isOut(outage) || random() < awsFails) {
      story.tell(this.name, `${what}: ✗ refused by AWS`);
      await time.wait(this.#latencyMs());
      await this.#moment(`after it ${what}`);
      throw new AwsFault('ServiceUnavailable');
    }
    const outcome = attempt(effect);
    await time.wait(this.#latencyMs());
    await this.#moment(`after it ${what}`);
    if (random() < awsResponseLost) {
      story.tell(this.name, `${what}: done, ✗ but the response is lost`);
      throw new AwsFault('TimeoutError');
    }
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  /**
   * A call to the table by the SDK, which repeats a request that was refused or whose response was
   * lost: `effect` may be carried out more than once, and other processes may write in between.
   */
  async callTable<T>(what: string, effect: () => T): Promise<T> {
    for (let attempt = 1; attempt < TABLE_ATTEMPTS; attempt += 1) {
      try {
        return await this.call(what, effect, this.#world.plan.outages.table);
      } catch (error) {
        if (!isPassing(error)) throw error;
        await this.#world.time.wait(50 + 50 * this.#world.random());
      }
    }
    return this.call(what, effect, this.#world.plan.outages.table);
  }

  /** An HTTP client that sends to `serve`. */
  sendHttp(serve: Serve): SendHttp {
    return async (request) => {
      const { random, time, story } = this.#world;
      const url = new URL(request.url);
      const what = `${request.method} ${withShortIds(url.pathname)}`;
      await this.#moment(`before ${what}`);
      const breaks = random() < this.#world.weather.connectionBreaks;
      const reusedConnection = random() < 0.5;
      const end = Promise.withResolvers<Awaited<ReturnType<SendHttp>>>();
      // A caller that stops waiting must not cause an unhandled rejection.
      end.promise.catch(() => {});
      const fault = (kind: 'timeout' | 'connection', message: string) =>
        end.reject(new HttpError(kind, `${what}: ${message}`, { reusedConnection }));
      time.after(request.timeoutMs, () => fault('timeout', 'no complete response in time'));

      const travel = async () => {
        await time.wait(this.#latencyMs());
        if (breaks) {
          story.tell(this.name, `${what}: ✗ never arrives`);
          return fault('connection', 'connection refused');
        }
        const exchange = serve(
          {
            method: request.method,
            path: url.pathname,
            query: url.searchParams,
            headers: request.headers,
            body: request.body ?? '',
          },
          this,
        );
        await time.wait(exchange.waitMs);
        const { kind, response, delayMs } = exchange.carryOut();
        const came = kind === 'response' ? `${response?.status}` : `✗ ${kind}`;
        story.tell(this.name, `${what} → ${came}`);
        await time.wait(delayMs + this.#latencyMs());
        if (kind === 'response' && response) end.resolve({ ...response, truncated: false });
        if (kind === 'reset' || kind === 'cut') fault('connection', 'reset');
      };
      void travel();
      try {
        return await end.promise;
      } finally {
        await this.#moment(`after ${what}`);
      }
    };
  }

  #latencyMs(): number {
    const { random, weather } = this.#world;
    return 1 + weather.latencyMs * random() ** 3;
  }

  /** A point at which the process may crash, and at which a crashed one stops. */
  async #moment(where: string): Promise<void> {
    const { random, weather } = this.#world;
    if (this.isAlive && random() < weather.crashes) this.die(where);
    if (!this.isAlive) await new Promise(() => {});
  }
}

/** The end of an id tells enough in a story. */
const withShortIds = (path: string) => path.replaceAll(/[0-9a-f-]{32}(?=[0-9a-f]{4}(\/|$))/g, '…');

type Attempt<T> = { value: T } | { error: unknown };

function attempt<T>(effect: () => T): Attempt<T> {
  try {
    return { value: effect() };
  } catch (error) {
    return { error };
  }
}

/** Fields as text, with every property of an error: more than a logger writes. */
function toText(fields: Record<string, unknown>): string {
  return JSON.stringify(fields, (_, value: unknown) =>
    value instanceof Error
      ? { ...value, name: value.name, message: value.message, cause: value.cause }
      : value,
  );
}
