import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type LambdaProcess,
  startLambdaProcess,
} from '../../local/lambda-runtime/start-lambda-process.ts';
import { functionResource } from '../../local/lambda-runtime/template-environment.ts';
import { packageService } from '../../local/package-service.ts';
import { type Recorder, startRecorder } from '../support/start-recorder.ts';

let sqs: Recorder;
const started: LambdaProcess[] = [];
beforeAll(async () => {
  sqs = await startRecorder((response) =>
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}'),
  );
}, 120_000);
afterAll(async () => {
  await Promise.all(started.map((lambda) => lambda.stop()));
  await sqs?.stop();
});

/** A packaged function without any variable of its configuration. */
async function start(name: string) {
  const { template, zipOf } = await packageService();
  const { Handler, Timeout } = functionResource(template, name).Properties;
  const lines: string[] = [];
  const lambda = await startLambdaProcess({
    name,
    zipOrDir: zipOf(name),
    handler: Handler,
    timeoutMs: Timeout * 1000,
    env: {
      POWERTOOLS_METRICS_NAMESPACE: 'Test',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: 'token',
      AWS_ENDPOINT_URL_SQS: sqs.url,
    },
    onLine: (line) => lines.push(line),
  });
  started.push(lambda);
  return { lambda, lines };
}

const sample = async (name: string) =>
  JSON.parse(await readFile(new URL(`../../events/${name}.json`, import.meta.url), 'utf8'));

test.each([
  ['adder', 'sqs-requests.one-group'],
  ['relay', 'sqs.audit-batch'],
])(
  'a deployed %s without its configuration hides each message for 60 seconds and gives it back',
  async (name, eventName) => {
    const { lambda, lines } = await start(name);
    const event = await sample(eventName);
    sqs.requests.length = 0;

    const response = await lambda.invoke(event);

    const ids = event.Records.map(({ messageId }: { messageId: string }) => messageId);
    expect(response).toEqual({
      batchItemFailures: ids.map((itemIdentifier: string) => ({ itemIdentifier })),
    });
    const [, , , , account, queue] = event.Records[0].eventSourceARN.split(':');
    expect(sqs.requests.map(({ body }) => JSON.parse(body))).toEqual([
      {
        QueueUrl: `${sqs.url}/${account}/${queue}`,
        Entries: event.Records.map(
          ({ receiptHandle }: { receiptHandle: string }, index: number) => ({
            Id: String(index),
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: 60,
          }),
        ),
      },
    ]);
    expect(lines.join('\n')).toMatch(/"Configuration: AUDIT_|"Configuration: [A-Z_]+ /);
    expect(lines.join('\n')).toMatch(/"ConfigurationFaults":1|"ConfigurationFaults":\[1\]/);
  },
  120_000,
);

test('a deployed intake without its configuration responds with 503 and Retry-After', async () => {
  const { lambda } = await start('intake');
  expect(await lambda.invoke(await sample('http-api-v2.three-users'))).toMatchObject({
    statusCode: 503,
    headers: { 'retry-after': '60' },
  });
}, 120_000);
