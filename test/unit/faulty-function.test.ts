import { describe, expect, test } from '@jest/globals';
import type { VisibilityChange } from '../../lib/aws/change-visibility.ts';
import { queueUrlOf } from '../../lib/aws/queue-url.ts';
import { ConfigError } from '../../lib/config.ts';
import { problemDocument } from '../../lib/domain/problem-document.ts';
import type { Metric } from '../../lib/metrics.ts';
import { startFunction } from '../../lib/start-function.ts';

const ARN = 'arn:aws:sqs:eu-west-1:111111111111:requests.fifo';

function start(create: () => (event: unknown) => Promise<unknown> = wrong) {
  const lines: string[] = [];
  const metrics: Metric[] = [];
  const changes: VisibilityChange[] = [];
  const note = (message: string) => lines.push(message);
  const handler = startFunction({
    create,
    changeVisibility: async (change) => {
      changes.push(change);
      if (change.receiptHandle === 'lost') throw new Error('ReceiptHandleIsInvalid');
    },
    log: { debug: note, info: note, warn: note, error: note },
    putMetrics: (...all) => metrics.push(...all),
  });
  return { handler, lines, metrics, changes };
}

function wrong(): never {
  throw new ConfigError(['GENESYS_ENV is missing', 'MAX_PARTICIPANTS must be at least 1']);
}

const record = (messageId: string, receiptHandle = messageId) => ({
  messageId,
  receiptHandle,
  eventSource: 'aws:sqs',
  eventSourceARN: ARN,
});

describe('a function whose configuration is wrong', () => {
  test('starts, and logs one line that names every variable', () => {
    expect(start().lines).toEqual([
      'Configuration: GENESYS_ENV is missing; MAX_PARTICIPANTS must be at least 1',
    ]);
  });

  test('gives every message back for 60 seconds, by the URL of its own queue', async () => {
    const { handler, changes } = start();
    const response = await handler({ Records: [record('a'), record('b')] });
    expect(response).toEqual({
      batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'b' }],
    });
    const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/111111111111/requests.fifo';
    expect(changes).toEqual([
      { queueUrl, receiptHandle: 'a', seconds: 60 },
      { queueUrl, receiptHandle: 'b', seconds: 60 },
    ]);
  });

  test('gives messages back even where SQS does not take the change', async () => {
    const { handler } = start();
    await expect(handler({ Records: [record('a', 'lost'), record('b')] })).resolves.toEqual({
      batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'b' }],
    });
  });

  test('responds to HTTP requests with 503 and Retry-After', async () => {
    const { handler } = start();
    const response = (await handler({ requestContext: {} })) as Record<string, never>;
    expect(response).toMatchObject({
      statusCode: 503,
      headers: { 'retry-after': '60', 'content-type': 'application/problem+json' },
    });
    const document = problemDocument.parse(JSON.parse(response.body ?? ''));
    expect(JSON.stringify(document)).not.toContain('GENESYS_ENV');
  });

  test('fails any other invocation', async () => {
    await expect(start().handler({ conversationId: 'x' })).rejects.toThrow(/not configured/);
  });

  test('counts each invocation, for the alarm', async () => {
    const { handler, metrics } = start();
    await handler({ Records: [record('a'), record('b')] });
    await handler({ requestContext: {} });
    const fault = { name: 'ConfigurationFaults', unit: 'Count', value: 1 };
    expect(metrics).toEqual([fault, fault]);
  });
});

test('a function whose configuration is right is the function itself', async () => {
  const { handler, lines } = start(() => async (event) => ({ event }));
  await expect(handler(1)).resolves.toEqual({ event: 1 });
  expect(lines).toEqual([]);
});

test('a defect at the start is no wrong configuration', () => {
  const defect = () => {
    throw new TypeError('defect');
  };
  expect(() => start(defect)).toThrow(TypeError);
});

test.each([
  [ARN, 'https://sqs.eu-west-1.amazonaws.com/111111111111/requests.fifo'],
  ['arn:aws-cn:sqs:cn-north-1:1:q', 'https://sqs.cn-north-1.amazonaws.com.cn/1/q'],
  ['arn:aws:sns:eu-west-1:1:topic', undefined],
  ['', undefined],
])('the URL of the queue %s is %s', (arn, url) => {
  expect(queueUrlOf(arn)).toBe(url);
});

test('the URL of a queue of an emulator begins with its endpoint', () => {
  expect(queueUrlOf(ARN, 'http://127.0.0.1:4566/')).toBe(
    'http://127.0.0.1:4566/111111111111/requests.fifo',
  );
});
