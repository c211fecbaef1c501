import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type PackagedSystem, startPackagedSystem } from '../support/start-packaged-system.ts';

let system: PackagedSystem;
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
  const answer = (await system.intake.invoke(event)) as { statusCode: number; body: string };
  expect(answer.statusCode).toBe(202);
  const { requestId } = JSON.parse(answer.body);

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
  '%s writes the correlation id with what it logs',
  async (name) => {
    const { line } = await system.waitForLine(
      (one) => one.name === name && one.line.includes('packaged-1'),
    );
    expect(JSON.parse(line)).toMatchObject({ correlation_id: 'packaged-1', service: name });
  },
  30_000,
);

test('no secret is in any line that they have written', () => {
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

test('each function started one process and needed nothing beside its bundle', () => {
  const started = [system.intake, ...system.adders, system.relay].map((lambda) =>
    lambda.processesStarted(),
  );
  expect(started).toEqual([1, 1, 1, 1]);
});
