import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { scheduledEvent } from '../../local/scheduler/start-schedule.ts';
import { type PackagedSystem, startPackagedSystem } from '../support/start-packaged-system.ts';

let system: PackagedSystem;
let requestId: string;
beforeAll(async () => {
  system = await startPackagedSystem();
}, 120_000);
afterAll(() => system?.stop());

async function sample(name: string) {
  return JSON.parse(await readFile(new URL(`../../events/${name}.json`, import.meta.url), 'utf8'));
}

test('the packaged functions carry a request from the API to the verified webhook', async () => {
  const event = await sample('http-api-v2.three-users');
  event.headers['x-correlation-id'] = 'packaged-1';
  const response = (await system.intake.invoke(event)) as { statusCode: number; body: string };
  expect(response.statusCode).toBe(202);
  ({ requestId } = JSON.parse(response.body));

  const delivery = await system.receiver.waitFor(({ body }) => body.includes(requestId));
  expect(delivery).toMatchObject({ id: `evt_${requestId}`, verified: true });
  expect(JSON.parse(delivery.body).audit).toMatchObject({
    status: 'SUCCESS',
    correlation_id: 'packaged-1',
    participants: [
      { outcome: 'ALREADY_PRESENT' },
      { outcome: 'ADDED', warning: 'OFFLINE' },
      { outcome: 'ADDED' },
    ],
  });
}, 30_000);

test.each(['intake', 'adder', 'relay'])(
  '%s logs the correlation id of the request',
  async (name) => {
    const { line } = await system.waitForLine(
      (one) => one.name === name && one.line.includes('packaged-1'),
    );
    expect(JSON.parse(line)).toMatchObject({ correlation_id: 'packaged-1', service: name });
  },
  30_000,
);

test('no function logs a secret', () => {
  const text = system.log.map(({ line }) => line).join('\n');
  expect(text).not.toBe('');
  for (const secret of ['GenesysCredentialsSecret', 'GenesysTokenSecret', 'WebhookSigningSecret']) {
    const value = JSON.parse(system.secrets.readSecret(secret) ?? '{}');
    for (const part of Object.values(value).flat()) {
      if (typeof part === 'string' && part.length > 8 && !part.startsWith('c0ffee00')) {
        expect(text).not.toContain(part);
      }
    }
  }
  expect(text).not.toContain('a-secret-access-key-of-no-value');
});

test('requests returns the record of the request that the other functions handled', async () => {
  const response = (await system.requests.invoke({
    version: '2.0',
    rawPath: `/requests/${requestId}`,
    headers: {},
    pathParameters: { requestId },
    requestContext: { http: { method: 'GET', path: `/requests/${requestId}` }, stage: '$default' },
  })) as { statusCode: number; body: string };
  expect(response).toMatchObject({ statusCode: 200 });
  expect(JSON.parse(response.body)).toMatchObject({ requestId, status: 'SUCCESS', attempts: 1 });
});

test('the scheduled run of follow-up leaves a finished request alone', async () => {
  await system.followUp.invoke(scheduledEvent(Date.now()));
  expect(system.receiver.deliveries.filter(({ id }) => id === `evt_${requestId}`)).toHaveLength(1);
});

test('no function needed a second process', () => {
  const all = [system.intake, ...system.adders, system.relay, system.requests, system.followUp];
  expect(all.map((lambda) => lambda.processesStarted())).toEqual(all.map(() => 1));
});
