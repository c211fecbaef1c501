import { randomUUID } from 'node:crypto';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { tooManyRequests } from '../local/genesys/faults.ts';
import { FREE_USERS } from '../local/genesys/sample-organisation.ts';
import type { RunningGenesys } from '../local/genesys/start-genesys.ts';
import { readSettings } from '../local/system/read-settings.ts';
import { type LocalSystem, startSystem } from '../local/system/start-system.ts';
import { httpEvent, openConversation } from './events.ts';
import type { Figure, Row } from './figure.ts';

const FLOODER = 'flooding-caller';
const OTHER = 'other-caller';
const OTHERS_REQUESTS = 20;
const POSTS_AT_ONCE = 4;
const FLOOD_POSTS_AT_ONCE = 10;
/** A busy machine responds with 503 now and then. */
const POST_TRIES = 20;
const POST_AGAIN_MS = 500;
/** Pause between rows, so that no earlier call counts in either rate limit. */
const WINDOW_MS = 62_000;
/** A wait without a result counts as this long. */
const LONGEST_WAIT_MS = 150_000;
const GOALS: Goals = { median: 2, maximum: 3 };

/** Maximum ratio of the waits beside the flood to those without it. */
interface Goals {
  median: number;
  maximum?: number;
}

interface Post {
  conversationId: string;
  deadlineSeconds: number;
}

interface Scene {
  what: string;
  /** Requests of one caller, posted before the others'. */
  flood: (genesys: RunningGenesys) => Post[];
  /** The others' requests. Default 20 with ten minutes each. */
  others?: { count: number; deadlineSeconds: number };
  /** Default `GOALS`. */
  goals?: Goals;
  /** True: the flood would take long, so the row does not wait for it. */
  isLast?: boolean;
}

const times = <Item>(count: number, make: () => Item): Item[] =>
  Array.from({ length: count }, make);

const SCENES: readonly Scene[] = [
  {
    what: '500 requests for unknown conversations',
    flood: () => times(500, () => ({ conversationId: randomUUID(), deadlineSeconds: 120 })),
    others: { count: 5, deadlineSeconds: 120 },
  },
  {
    what: '4 conversations whose reads hang',
    flood: (genesys) =>
      times(4, () => openConversation(genesys.state.organisation, 'platform')).flatMap((id) => {
        genesys.state.faults.push({ method: 'GET', path: id, fault: { response: 'hang' } });
        return times(5, () => ({ conversationId: id, deadlineSeconds: 60 }));
      }),
  },
  {
    what: '2 conversations with 50 requests each',
    flood: (genesys) =>
      times(2, () => openConversation(genesys.state.organisation, 'platform')).flatMap((id) =>
        times(50, () => ({ conversationId: id, deadlineSeconds: 60 })),
      ),
  },
  {
    what: '100 requests of one conversation, all refused with 429',
    flood: (genesys) => {
      const id = openConversation(genesys.state.organisation, 'platform');
      genesys.state.faults.push({
        method: 'GET',
        path: id,
        fault: { response: tooManyRequests(3) },
      });
      return times(100, () => ({ conversationId: id, deadlineSeconds: 60 }));
    },
  },
  {
    what: '2,000 requests of 2,000 conversations',
    flood: (genesys) =>
      times(2_000, () => openConversation(genesys.state.organisation, 'platform')).map(
        (conversationId) => ({ conversationId, deadlineSeconds: 3_600 }),
      ),
    goals: { median: 3 },
    isLast: true,
  },
];

/**
 * How long one caller's requests take, from the POST to the verified webhook, while another caller
 * floods the service. On the system of `npm start`, with the template's concurrency and rate.
 */
export const fairness: Figure = {
  name: 'fairness',
  title: 'Waits of 20 requests beside the flood of another caller',
  async measure({ onProgress }) {
    const deliveries = new Map<string, () => void>();
    const system = await startSystem({
      settings: readSettings({ PORT: '0', LOCAL_FOLDER: '.local/bench/fairness' }),
      environment: { ...process.env, WATCH_CONNECTIONS: 'false' },
      onDelivery: ({ verified, body }) => {
        const correlationId = JSON.parse(body).audit?.correlation_id;
        if (verified) deliveries.get(correlationId)?.();
      },
    });
    try {
      const measureOthers = createMeasurement(system, deliveries);
      onProgress('warming up');
      await measureOthers({ count: OTHERS_REQUESTS, deadlineSeconds: 600 });
      onProgress('baseline');
      await delay(WINDOW_MS);
      const alone = await measureOthers({ count: OTHERS_REQUESTS, deadlineSeconds: 600 });
      onProgress(`waits ${describe(alone)}`);
      const rows: Row[] = [];
      for (const scene of SCENES) {
        await delay(WINDOW_MS);
        onProgress(`${scene.what}, load average ${loadavg()[0]?.toFixed(1)}`);
        rows.push(...(await runScene(scene)));
      }
      return rows;

      async function runScene({
        what,
        flood,
        others,
        goals = GOALS,
        isLast = false,
      }: Scene): Promise<Row[]> {
        const { genesys } = system;
        if (!genesys) throw new Error('the stand-in is not used');
        const callsBefore = genesys.state.calls.length;
        await postAll(system, flood(genesys), FLOODER);
        const waits = await measureOthers(
          others ?? { count: OTHERS_REQUESTS, deadlineSeconds: 600 },
        );
        onProgress(`${genesys.state.calls.length - callsBefore} calls, waits ${describe(waits)}`);
        // Wait for the rest of this flood before the next one.
        if (!isLast) await waitUntilIdle(system);
        genesys.state.faults.length = 0;
        return [
          {
            what: `${what}: median`,
            unit: 's',
            ours: waits,
            baseline: { what: 'alone', samples: alone },
            goal: { ratio: goals.median, is: 'at most' },
          },
          {
            what: `${what}: maximum`,
            unit: 's',
            ours: [Math.max(...waits)],
            baseline: { what: 'alone', samples: [Math.max(...alone)] },
            ...(goals.maximum === undefined
              ? {}
              : { goal: { ratio: goals.maximum, is: 'at most' } }),
          },
        ];
      }
    } finally {
      await system.stop();
    }
  },
};

/** Posts requests for new conversations; returns the seconds until the webhook of each. */
function createMeasurement(system: LocalSystem, deliveries: Map<string, () => void>) {
  return async ({ count, deadlineSeconds }: { count: number; deadlineSeconds: number }) => {
    const { genesys } = system;
    if (!genesys) throw new Error('the stand-in is not used');
    const waits: Promise<number>[] = [];
    const left = times(count, () => openConversation(genesys.state.organisation, 'platform'));
    const poster = async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) {
        const correlationId = randomUUID();
        const startedAtMs = performance.now();
        const delivered = new Promise<void>((resolve) => deliveries.set(correlationId, resolve));
        const late = delay(LONGEST_WAIT_MS, undefined, { ref: false });
        waits.push(
          Promise.race([delivered, late]).then(() => (performance.now() - startedAtMs) / 1_000),
        );
        await postRequest(system, { conversationId: id, deadlineSeconds }, OTHER, correlationId);
      }
    };
    await Promise.all(times(POSTS_AT_ONCE, poster));
    return Promise.all(waits);
  };
}

const describe = (waits: readonly number[]) => waits.map((wait) => wait.toFixed(1)).join(' ');

async function postAll(system: LocalSystem, posts: readonly Post[], caller: string): Promise<void> {
  const queue = posts.values();
  const poster = async () => {
    for (const post of queue) await postRequest(system, post, caller, randomUUID());
  };
  await Promise.all(times(FLOOD_POSTS_AT_ONCE, poster));
}

async function postRequest(
  { endpoints }: LocalSystem,
  { conversationId, deadlineSeconds }: Post,
  caller: string,
  correlationId: string,
): Promise<void> {
  const { participants } = JSON.parse(httpEvent(conversationId, [nextUser()]).body);
  const url = `${endpoints.apiUrl}/conversations/${conversationId}/participants`;
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-correlation-id': correlationId,
        'idempotency-key': correlationId,
        authorization: `Bearer ${unsignedToken(caller)}`,
      },
      body: JSON.stringify({ participants, deadlineSeconds }),
    });
    const text = await response.text();
    if (response.status === 202) return;
    if (response.status < 500 || tries === POST_TRIES) {
      throw new Error(`${response.status} ${text}`);
    }
    await delay(POST_AGAIN_MS);
  }
}

let usersAsked = 0;
function nextUser(): string {
  usersAsked += 1;
  return FREE_USERS[usersAsked % FREE_USERS.length] as string;
}

/** The local API Gateway takes the caller from a token without verifying it. */
function unsignedToken(subject: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ sub: subject, iss: 'bench' })}.`;
}

async function waitUntilIdle(system: LocalSystem): Promise<void> {
  const endMs = performance.now() + LONGEST_WAIT_MS;
  while (!system.isIdle() && performance.now() < endMs) await delay(500);
}
