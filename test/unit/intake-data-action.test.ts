import { describe, expect, test } from '@jest/globals';
import { uuidNumber } from '../support/create-api-ports.ts';
import { readEvent, startIntake } from '../support/start-intake.ts';

const CONVERSATION = 'b0a7ca11-0000-4000-8000-000000000001';
const ADA = 'a9e7c000-0000-4000-8000-000000000001';
const BEN = 'a9e7c000-0000-4000-8000-000000000002';

describe('the data action "add participants"', () => {
  test('queues a request and gives a flat result in which every field is present', async () => {
    const { act, sent, table } = startIntake();
    const result = await act({
      conversationId: CONVERSATION,
      userIds: `${ADA}, ${BEN},`,
      addresses: '+15551234567',
      deadlineSeconds: 60,
      idempotencyKey: '',
      correlationId: null,
      waitSeconds: 0,
      dryRun: 'true',
      onlyIfReachable: false,
      actingUserId: '',
    });
    expect(result).toEqual({
      requestId: uuidNumber(1),
      status: 'QUEUED',
      deadline: '2026-11-22T15:30:40.000Z',
      code: '',
      error: '',
      added: 0,
      notAdded: 0,
    });
    expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({
      participants: [
        { id: ADA, role: 'agent' },
        { id: BEN, role: 'agent' },
        { address: '+15551234567', role: 'customer' },
      ],
      dryRun: true,
      requestedBy: 'genesys-data-action',
    });
    expect(table.size).toBe(1);
  });

  test('is the same request under the same idempotency key', async () => {
    const { act, table } = startIntake();
    const input = { conversationId: CONVERSATION, userIds: ADA, idempotencyKey: 'case-1' };
    const [first, second] = [await act(input), await act(input)];
    expect(second.requestId).toBe(first.requestId);
    expect(table.size).toBe(1);
  });

  test('waits for the result where it is asked to', async () => {
    const { act, clock } = startIntake();
    const beforeMs = clock.now();
    await act({ conversationId: CONVERSATION, userIds: ADA, waitSeconds: 4 });
    expect(clock.now() - beforeMs).toBe(4_000);
  });

  test.each<[unknown, string[]]>([
    [
      { conversationId: 'x', userIds: 'ann', addresses: '+15551234567,12' },
      ['conversationId', 'userIds (entry 1)', 'addresses (entry 2)'],
    ],
    [
      { conversationId: CONVERSATION },
      ['userIds and addresses must name at least one participant'],
    ],
    [{ conversationId: CONVERSATION, userIds: ADA, extra: 1 }, ['extra is not a field']],
    [
      { conversationId: CONVERSATION, userIds: ADA, deadlineSeconds: 'soon', dryRun: 'maybe' },
      ['deadlineSeconds must be a number', 'dryRun must be true or false'],
    ],
    [
      { conversationId: CONVERSATION, userIds: ADA, idempotencyKey: 'ä' },
      ['idempotencyKey must be printable ASCII'],
    ],
    [{ conversationId: CONVERSATION, addresses: '+19005551234' }, ['ADDRESS_NOT_ALLOWED']],
    ['text', ['input']],
    [null, ['input']],
  ])('throws for %j and names every invalid field', async (input, places) => {
    const { act, sent } = startIntake();
    const error = await act(input).catch((thrown: Error) => thrown as never);
    for (const place of places) expect(String(error)).toContain(place);
    expect(sent).toEqual([]);
  });

  test('refuses an event of API Gateway, so that no caller of the API can be forged', async () => {
    const { act, sent } = startIntake();
    await expect(act(readEvent('http-api-v2.three-users'))).rejects.toThrow('API Gateway event');
    expect(sent).toEqual([]);
  });
});

test('flat input without the alias is no request', async () => {
  const { send, sent } = startIntake();
  const { status } = await send({ conversationId: CONVERSATION, userIds: ADA });
  expect([status, sent]).toEqual([404, []]);
});
