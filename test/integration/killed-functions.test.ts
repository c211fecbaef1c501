import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import type { LambdaProcess } from '../../local/lambda-runtime/start-lambda-process.ts';
import { seededRandom } from '../simulation/seeded-random.ts';
import { type PackagedSystem, startPackagedSystem } from '../support/start-packaged-system.ts';

const SEED = Number(process.env.SEED ?? 20_261_122);
const REQUESTS = 200;
const CONVERSATIONS = 80;
const KILLS = 40;
/** A message that a killed function had comes back after this; far longer than a request takes. */
const VISIBILITY_SECONDS = '10';

let system: PackagedSystem;

beforeAll(async () => {
  system = await startPackagedSystem({
    // The rate limit is not what this is about.
    env: { GENESYS_REQUESTS_PER_SECOND: '1000' },
    queueAttributes: () => ({ VisibilityTimeout: VISIBILITY_SECONDS }),
  });
  const { organisation, behaviour } = system.genesys.state;
  behaviour.requestsPerMinute = 1_000_000;
  for (let number = 0; number < CONVERSATIONS; number += 1) {
    const host = organisation.addUser({ id: randomUUID() });
    const id = conversationId(number);
    const common = { id, startedAtMs: Date.now(), participations: [] };
    organisation.addConversation(
      number % 2 === 0
        ? { ...common, contract: 'platform' }
        : { ...common, contract: 'generic', type: 'voice' },
    );
    organisation.join(id, { userId: host.id }, Date.now() - 1_000);
  }
}, 120_000);

afterAll(() => system?.stop());

const conversationId = (number: number) =>
  `c0de0000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** Asks until it is told that the request is queued, always under the same key, as callers do. */
async function ask(conversation: string, users: string[]): Promise<string> {
  const key = randomUUID();
  for (;;) {
    try {
      const answer = (await system.intake.invoke({
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        pathParameters: { conversationId: conversation },
        body: JSON.stringify({ participants: users.map((id) => ({ id })), deadlineSeconds: 3_600 }),
        requestContext: { http: { method: 'POST' } },
      })) as { statusCode: number; body: string };
      if (answer.statusCode === 202) return JSON.parse(answer.body).requestId;
    } catch {
      // Killed in the middle of it: API Gateway says 502, and the caller sends again.
    }
  }
}

function queuesAreEmpty(): boolean {
  return ['RequestQueue', 'AuditQueue'].every((logicalId) => {
    const { ready, inFlight } = system.sqs.inspect(system.queues[logicalId]?.name ?? '');
    return ready.length + inFlight.length === 0;
  });
}

/** Kills one function or the other at any moment, until it has killed often enough. */
async function killAround(random: () => number): Promise<void> {
  const functions: LambdaProcess[] = [system.intake, ...system.adders, system.relay];
  for (let kills = 0; kills < KILLS; kills += 1) {
    await delay(20 + 600 * random() ** 2);
    await functions[Math.floor(random() * functions.length)]?.kill('SIGKILL');
  }
}

test(`200 requests end in one result each while the functions are killed at random (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const { organisation } = system.genesys.state;
  const killing = killAround(random);
  const asked = new Map<string, { conversation: string; users: string[] }>();
  for (let request = 0; request < REQUESTS; request += 1) {
    const conversation = conversationId(Math.floor(random() * CONVERSATIONS));
    const users = Array.from(
      { length: 1 + Math.floor(random() * 3) },
      () => organisation.addUser({ id: randomUUID() }).id,
    );
    asked.set(await ask(conversation, users), { conversation, users });
    await delay(100 * random());
  }
  await killing;
  expect(asked.size).toBe(REQUESTS);

  const { deliveries } = system.receiver;
  const delivered = () =>
    new Set(deliveries.filter(({ verified }) => verified).map(({ id }) => id));
  // A lost one leaves the queues empty, and is named below.
  while (delivered().size < REQUESTS && !queuesAreEmpty()) await delay(100);
  expect([...delivered()].sort()).toEqual([...asked.keys()].map((id) => `evt_${id}`).sort());

  for (const { body } of deliveries) {
    const { audit }: AuditEvent = JSON.parse(body);
    expect(audit).toMatchObject({ status: 'SUCCESS' });
    expect(audit.participant_ids).toEqual(asked.get(audit.request_id)?.users);
  }
  expect(organisation.rings.filter(({ wasInAlready }) => wasInAlready)).toEqual([]);
  for (const { conversation, users } of asked.values()) {
    expect(users.map((user) => organisation.ringsOf(conversation, user))).toEqual(
      users.map(() => 1),
    );
  }
  const functions = [system.intake, ...system.adders, system.relay];
  const started = functions.reduce((sum, one) => sum + one.processesStarted(), 0);
  expect(started).toBeGreaterThan(functions.length + KILLS / 2);
}, 240_000);
