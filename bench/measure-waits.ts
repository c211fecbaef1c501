import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { FREE_USERS } from '../local/genesys/sample-organisation.ts';
import type { RunningGenesys } from '../local/genesys/start-genesys.ts';
import { openConversation } from './events.ts';
import type { OthersRequests, Post } from './flood-scenes.ts';

const FLOODER = 'flooding-caller';
const OTHER = 'other-caller';
const POSTS_AT_ONCE = 4;
const FLOOD_POSTS_AT_ONCE = 10;
/** A busy machine responds with 503 now and then. */
const POST_TRIES = 20;
const POST_AGAIN_MS = 500;

/** Pause between rows, so that no earlier call counts in either rate limit. */
export const WINDOW_MS = 62_000;
/** A wait without a result counts as this long. */
export const LONGEST_WAIT_MS = 150_000;

export interface CallerRequest {
  caller: string;
  /** Also the idempotency key. */
  correlationId: string;
  conversationId: string;
  userId: string;
  deadlineSeconds: number;
}

/** A running service whose waits are measured. */
export interface MeasuredSystem {
  genesys: RunningGenesys;
  /** By correlation id. Called when the verified webhook of a request arrives. */
  deliveries: Map<string, () => void>;
  /** Posts a request once. */
  post(request: CallerRequest): Promise<{ status: number; text: string }>;
}

/** Posts requests for new conversations; returns the seconds until the webhook of each. */
export async function measureOthers(
  system: MeasuredSystem,
  { count, deadlineSeconds }: OthersRequests,
): Promise<number[]> {
  const { organisation } = system.genesys.state;
  const waits: Promise<number>[] = [];
  const left = Array.from({ length: count }, () => openConversation(organisation, 'platform'));
  const poster = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      const correlationId = randomUUID();
      const startedAtMs = performance.now();
      const delivered = new Promise<void>((resolve) =>
        system.deliveries.set(correlationId, resolve),
      );
      const late = delay(LONGEST_WAIT_MS, undefined, { ref: false });
      waits.push(
        Promise.race([delivered, late]).then(() => (performance.now() - startedAtMs) / 1_000),
      );
      await postUntilAccepted(
        system,
        { conversationId: id, deadlineSeconds },
        OTHER,
        correlationId,
      );
    }
  };
  await Promise.all(Array.from({ length: POSTS_AT_ONCE }, poster));
  return Promise.all(waits);
}

/** Posts the requests of the flooding caller. Does not wait for their results. */
export async function postFlood(system: MeasuredSystem, posts: readonly Post[]): Promise<void> {
  const queue = posts.values();
  const poster = async () => {
    for (const post of queue) await postUntilAccepted(system, post, FLOODER, randomUUID());
  };
  await Promise.all(Array.from({ length: FLOOD_POSTS_AT_ONCE }, poster));
}

async function postUntilAccepted(
  system: MeasuredSystem,
  { conversationId, deadlineSeconds }: Post,
  caller: string,
  correlationId: string,
): Promise<void> {
  const request = {
    caller,
    correlationId,
    conversationId,
    userId: nextUser(),
    deadlineSeconds,
  };
  for (let tries = 1; ; tries += 1) {
    const { status, text } = await system.post(request);
    if (status === 202) return;
    if (status < 500 || tries === POST_TRIES) throw new Error(`${status} ${text}`);
    await delay(POST_AGAIN_MS);
  }
}

let usersAsked = 0;
function nextUser(): string {
  usersAsked += 1;
  return FREE_USERS[usersAsked % FREE_USERS.length] as string;
}

/** Waits in seconds as a line of text. */
export const describeWaits = (waits: readonly number[]) =>
  waits.map((wait) => wait.toFixed(1)).join(' ');
