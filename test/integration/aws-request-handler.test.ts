import type { ServerResponse } from 'node:http';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createRequestHandler } from '../../lib/aws/request-handler.ts';
import { createSendHttp, HttpError } from '../../lib/http/send-http.ts';
import { startRecorder } from '../support/start-recorder.ts';
import { isSigned } from '../support/verify-sigv4.ts';

const SECRET = 'the secret of this test';
const MESSAGE = { QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/audit', MessageBody: '{"ü":1}' };

type Answer = (response: ServerResponse) => void;

const accept: Answer = (response) => response.end('{"MessageId":"m-1"}');
const silence: Answer = () => {};
const hangUp: Answer = (response) => response.destroy();
const stopHalfway: Answer = (response) => {
  response.writeHead(200, { 'content-length': 19 });
  response.write('{"Mess', () => response.destroy());
};
const refuse: Answer = (response) => {
  response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
  response.end('{"__type":"com.amazonaws.sqs#OverLimit","message":"too many"}');
};

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of cleanUp.splice(0)) await stop();
});

/** A service that gives one answer after the other, and a client of it. */
async function start(...answers: Answer[]) {
  const { url, requests, stop } = await startRecorder((response) => answers.shift()?.(response));
  cleanUp.push(stop);
  const client = new SQSClient({
    endpoint: url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET },
    maxAttempts: 2,
    // The answers here have no checksum.
    md5: false,
    requestHandler: createRequestHandler(createSendHttp(), 250),
  });
  return { requests, send: () => client.send(new SendMessageCommand(MESSAGE)) };
}

describe('an AWS client that sends by our HTTP client', () => {
  test('sends what it signed, and reads the answer', async () => {
    const { requests, send } = await start(accept);
    expect(await send()).toMatchObject({ MessageId: 'm-1', $metadata: { httpStatusCode: 200 } });
    const [request] = requests;
    if (!request) throw new Error('nothing was sent');
    expect(JSON.parse(request.body)).toEqual(MESSAGE);
    expect(isSigned(request, SECRET)).toBe(true);
  });

  test.each([
    ['no answer in time', silence],
    ['a connection that breaks', hangUp],
    ['an answer that stops halfway', stopHalfway],
  ])('tries again after %s', async (_, answer) => {
    const { requests, send } = await start(answer, accept);
    expect(await send()).toMatchObject({ MessageId: 'm-1' });
    expect(requests).toHaveLength(2);
  });

  test('says so where no try is answered', async () => {
    const { requests, send } = await start(hangUp, silence);
    const error = await send().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HttpError);
    expect(requests).toHaveLength(2);
  });

  test('throws what the service answers, and does not try that again', async () => {
    const { requests, send } = await start(refuse, accept);
    await expect(send()).rejects.toMatchObject({
      name: 'OverLimit',
      message: 'too many',
      $metadata: { httpStatusCode: 400 },
    });
    expect(requests).toHaveLength(1);
  });
});
