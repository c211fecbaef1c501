import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  checkContract,
  type DataAction,
  faultsOf,
  toOutput,
  toRequest,
} from '../support/play-data-action.ts';
import { startIntake } from '../support/start-intake.ts';
import { httpEvent, startRequests } from '../support/start-requests.ts';

const CONVERSATION = 'b0a7ca11-0000-4000-8000-000000000001';
const ADA = 'a9e7c000-0000-4000-8000-000000000001';
const BEN = 'a9e7c000-0000-4000-8000-000000000002';
const CONTEXT = {
  credentials: { apiUrl: 'https://adder.example.com' },
  authResponse: { token_type: 'Bearer', access_token: 'token' },
};

const folder = new URL('../../genesys/data-actions/', import.meta.url);
const read = (file: string): DataAction => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
const files = readdirSync(folder);

/** A JWT caller's event for a request as the web services integration sends it. */
function eventOf({ url, method, headers, body }: ReturnType<typeof toRequest>) {
  const path = new URL(url).pathname;
  const [, conversationId = ''] = /^\/conversations\/([^/]+)/.exec(path) ?? [];
  const pathParameters = { conversationId: decodeURIComponent(conversationId) };
  const event = { ...httpEvent(method, path), pathParameters };
  const lowerCase = Object.entries(headers).map(([name, text]) => [name.toLowerCase(), text]);
  return { ...event, headers: Object.fromEntries(lowerCase), body, isBase64Encoded: false };
}

describe.each(files)('genesys/data-actions/%s', (file) => {
  test('follows the vendor’s rules for import files', () => {
    expect(faultsOf(read(file))).toEqual([]);
  });
});

test.each<[string, (action: DataAction) => void, string]>([
  [
    'a list in the contract',
    ({ contract }) => {
      contract.input.inputSchema.properties.userIds = { type: 'array' };
    },
    'inputSchema.userIds is flat',
  ],
  [
    'a reserved input',
    ({ contract }) => {
      contract.input.inputSchema.properties.orgId = { type: 'string' };
    },
    'the input orgId is reserved',
  ],
  [
    'a macro in a form that Velocity does not parse',
    ({ config }) => {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Velocity
      config.request.requestTemplate = '${esc.jsonString(input.userId)}';
    },
    'requestTemplate has documented references only',
  ],
  [
    'a string that is not escaped',
    ({ config }) => {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Velocity
      config.request.requestTemplate = '{"id": "${input.userId}"}';
    },
    'input.userId is escaped',
  ],
  [
    'a reference to an optional input that is not silent',
    ({ config }) => {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Velocity
      config.request.headers.Prefer = 'wait=${input.waitSeconds}';
    },
    'Prefer: input.waitSeconds is required, or its reference silent',
  ],
  [
    'a success template without its translation',
    ({ config }) => {
      config.response.translationMap = {};
    },
    'the success template refers to requestId, which is translated',
  ],
])('%s would be found', (_name, spoil, fault) => {
  const action = read('add-participants.web-services.json');
  spoil(action);
  expect(faultsOf(action)).toContain(fault);
});

describe('played by AWS Lambda', () => {
  test('the first action adds participants, and the second one reads the same request', async () => {
    const [add, get] = [read('add-participants.lambda.json'), read('get-request.lambda.json')];
    const intake = startIntake();
    const input = {
      conversationId: CONVERSATION,
      userIds: `${ADA},${BEN}`,
      deadlineSeconds: 60,
      idempotencyKey: `${CONVERSATION}-"interpreter"`,
      dryRun: true,
    };
    const sent = toRequest(add, input);
    expect(sent.url).toMatch(/:function:genesys-automated-adder-STAGE-intake:data-action$/);
    const output = toOutput(add, await intake.act(JSON.parse(sent.body)));
    expect(output).toMatchObject({ status: 'QUEUED', code: '', error: '', added: 0, notAdded: 0 });

    const requests = startRequests({ records: intake.records });
    const asked = toRequest(get, { requestId: output.requestId, waitSeconds: 0 });
    expect(asked.url).toMatch(/:function:genesys-automated-adder-STAGE-requests:data-action$/);
    expect(toOutput(get, await requests.act(JSON.parse(asked.body)))).toEqual(output);
  });

  test('every input in the contract is one that the function knows', async () => {
    const add = read('add-participants.lambda.json');
    const all = Object.entries(add.contract.input.inputSchema.properties);
    // As Architect sends inputs that were left empty.
    const empty = all.map(([name, { type }]) => [name, type === 'string' ? '' : null]);
    const input = { ...Object.fromEntries(empty), conversationId: CONVERSATION, userIds: ADA };
    const output = toOutput(add, await startIntake().act(input));
    expect(output.status).toBe('QUEUED');
  });

  test('a wrong input is a failure that names it', async () => {
    const add = read('add-participants.lambda.json');
    const { body } = toRequest(add, { conversationId: CONVERSATION, userIds: 'ada' });
    await expect(startIntake().act(JSON.parse(body))).rejects.toThrow(/userIds/);
  });
});

describe('played by web services', () => {
  const input = {
    conversationId: CONVERSATION,
    userId: ADA,
    deadlineSeconds: 60,
    idempotencyKey: `${CONVERSATION}-interpreter`,
  };

  test('the first action adds a participant, and the second one reads the same request', async () => {
    const [add, get] = [
      read('add-participants.web-services.json'),
      read('get-request.web-services.json'),
    ];
    const intake = startIntake();
    const sent = toRequest(add, input, CONTEXT);
    expect(sent).toMatchObject({
      url: `https://adder.example.com/conversations/${CONVERSATION}/participants`,
      headers: { Authorization: 'Bearer token', Prefer: 'wait=' },
    });
    const response = await intake.send(eventOf(sent));
    expect(response.status).toBe(202);
    const output = toOutput(add, response.body);
    expect(output).toMatchObject({ status: 'QUEUED', code: '', error: '' });

    const requests = startRequests({ records: intake.records, readAllCallers: ['*'] });
    const asked = toRequest(get, { requestId: output.requestId, waitSeconds: 0 }, CONTEXT);
    const shown = await requests.send(eventOf(asked));
    expect([shown.status, toOutput(get, shown.body)]).toEqual([200, output]);
  });

  test('the second action gives code and error of a request that failed', async () => {
    const get = read('get-request.web-services.json');
    const resource = { requestId: ADA, status: 'FAILED', deadline: 'x', code: 'C', error: 'a "b"' };
    expect(toOutput(get, resource)).toEqual(resource);
  });

  test('a quote in an input breaks nothing', async () => {
    const add = read('add-participants.web-services.json');
    const odd = { ...input, userId: '"}], "dryRun": true', conversationId: '../requests' };
    const sent = toRequest(add, odd, CONTEXT);
    expect(JSON.parse(sent.body)).toEqual({
      participants: [{ id: odd.userId }],
      deadlineSeconds: 60,
    });
    expect(sent.url).toContain('/conversations/..%2Frequests/participants');
    expect((await startIntake().send(eventOf(sent))).status).toBe(422);
  });

  test('a response without what the contract requires is refused', () => {
    const { contract } = read('add-participants.lambda.json');
    expect(() => checkContract(contract.output.successSchema, { requestId: ADA })).toThrow(
      /status/,
    );
  });
});
