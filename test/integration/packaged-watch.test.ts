import { setTimeout as delay } from 'node:timers/promises';
import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import type { RequestResource } from '../../lib/domain/request-resource.ts';
import type { RingOutcome } from '../../local/genesys/behaviour.ts';
import { FREE_USERS, PLATFORM_CONVERSATION } from '../../local/genesys/sample-organisation.ts';
import { type PackagedSystem, startPackagedSystem } from '../support/start-packaged-system.ts';
import { httpEvent } from '../support/start-requests.ts';

let system: PackagedSystem;
beforeAll(async () => {
  system = await startPackagedSystem({ scheduleEveryMs: 5_000 });
}, 120_000);
afterAll(() => system?.stop());

/** Asks for a user by the API. @returns the request's id, once its result is delivered */
async function add(userId: string | undefined, outcome: RingOutcome): Promise<string> {
  system.genesys.state.behaviour.ringOutcomes.set(userId ?? '', outcome);
  const { statusCode, body } = (await system.intake.invoke({
    headers: { 'content-type': 'application/json' },
    pathParameters: { conversationId: PLATFORM_CONVERSATION },
    body: JSON.stringify({ participants: [{ id: userId }] }),
    requestContext: { http: { method: 'POST' } },
  })) as { statusCode: number; body: string };
  expect(statusCode).toBe(202);
  const { requestId } = JSON.parse(body) as { requestId: string };
  await system.receiver.waitFor(({ id }) => id === `evt_${requestId}`);
  return requestId;
}

/** The connection event of a request, once it is delivered, and the request as the API shows it then. */
async function connectionOf(requestId: string) {
  const { verified, body } = await system.receiver.waitFor(({ id }) => id === `evt_${requestId}_c`);
  expect(verified).toBe(true);
  const shown = (await system.requests.invoke(httpEvent('GET', `/requests/${requestId}`))) as {
    body: string;
  };
  return {
    event: JSON.parse(body) as AuditEvent,
    resource: JSON.parse(shown.body) as RequestResource,
  };
}

const watchQueue = () => system.sqs.inspect(system.queues.WatchQueue?.name ?? '');

test('the watch looks after 15 seconds, and its event is signed and delivered like any other', async () => {
  const requestId = await add(FREE_USERS[0], 'declines');
  const { event, resource } = await connectionOf(requestId);
  expect(event).toMatchObject({
    event: 'participant_connection',
    audit: {
      request_id: requestId,
      status: 'SUCCESS',
      genesys_calls: 1,
      participants: [{ id: FREE_USERS[0], outcome: 'ADDED', connection: 'DECLINED' }],
    },
  });
  expect(resource).toMatchObject({
    status: 'SUCCESS',
    participants: [{ connection: 'DECLINED', participantId: expect.any(String) }],
    delivery: { status: 'DELIVERED' },
    connectionDelivery: expect.objectContaining({ attempts: expect.any(Number) }),
  });
  expect(watchQueue().ready).toEqual([]);
}, 120_000);

test('the reconciler resumes a watch whose message was lost', async () => {
  const requestId = await add(FREE_USERS[1], 'not-available');
  const client = new SQSClient({
    endpoint: system.sqs.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  // The watch is scheduled right after the result is sent, with a delay of 15 seconds.
  await delay(5_000);
  await client.send(new PurgeQueueCommand({ QueueUrl: system.queues.WatchQueue?.url }));
  client.destroy();
  const { event } = await connectionOf(requestId);
  expect(event.audit.participants).toMatchObject([{ connection: 'UNAVAILABLE' }]);
  const resumed = await system.waitForLine(
    ({ name, line }) => name === 'follow-up' && /"watched":[1-9]/.test(line),
  );
  expect(JSON.parse(resumed.line)).toMatchObject({ message: 'reconciled' });
}, 120_000);
