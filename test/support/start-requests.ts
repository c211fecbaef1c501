import { createRequests, type RequestsPorts } from '../../functions/requests/create-requests.ts';
import type { OutgoingMessage } from '../../lib/aws/send-message.ts';
import type { DataActionResult } from '../../lib/domain/data-action-result.ts';
import { newRecord } from '../../lib/domain/record-transitions.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import { createWaitForResult } from '../../lib/records/wait-for-result.ts';
import { createSimulatedTable } from '../simulation/simulated-records.ts';
import { newRequest } from './new-request.ts';
import { ALIAS_ARN, createTestClock, type LogLine, NOW_MS, uuidNumber } from './start-intake.ts';

export const AUDIT_QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/123456789012/audit';
export const RETENTION_MS = 30 * 86_400_000;

/** An event of API Gateway, payload format 2.0. */
export function httpEvent(
  method: string,
  path: string,
  { headers = {}, query = {}, userArn = 'arn:aws:iam::123456789012:user/ann' } = {},
) {
  return {
    version: '2.0',
    rawPath: path,
    headers,
    queryStringParameters: query,
    requestContext: { http: { method, path }, authorizer: { iam: { userArn } } },
  };
}

/** `requests` with an in-memory table; records all effects. */
export function startRequests(overrides: Partial<RequestsPorts> = {}) {
  const sent: OutgoingMessage[] = [];
  const lines: LogLine[] = [];
  const clock = createTestClock();
  const table = createSimulatedTable();
  const { records } = table.portsOf({ call: async (_, effect) => effect(), now: clock.now });
  let uuids = 0;
  let writes = 0;
  const log =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      lines.push({ level, message, fields });
    };
  const handler = createRequests({
    records,
    waitForResult: createWaitForResult({
      records,
      slots: { acquire: async () => async () => {} },
      clock,
    }),
    sendMessage: async (message) => {
      sent.push(message);
    },
    auditQueueUrl: AUDIT_QUEUE_URL,
    readAllCallers: [],
    retentionMs: RETENTION_MS,
    clock,
    randomUuid: () => uuidNumber(++uuids),
    newWriteId: () => `cancel-${++writes}`,
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    putMetrics: () => {},
    ...overrides,
  });
  const send = async (event: unknown) => {
    const response = await handler(event as never, {});
    return {
      status: response.statusCode,
      headers: response.headers,
      body: JSON.parse(response.body),
    };
  };
  const act = (input: unknown) =>
    handler(input, { invokedFunctionArn: ALIAS_ARN }) as Promise<DataActionResult>;
  /** Creates a record, by default of the caller in `httpEvent`. */
  const create = async (fields: Parameters<typeof newRequest>[0] = {}): Promise<RequestRecord> => {
    const request = newRequest({ requestedAtMs: NOW_MS, deadlineMs: NOW_MS + 600_000, ...fields });
    const context = { nowMs: NOW_MS, writeId: `create-${++writes}`, retentionMs: RETENTION_MS };
    const record = newRecord(request, context);
    if (await records.create(record)) throw new Error('the record exists');
    return record;
  };
  const store = async (previous: RequestRecord, next: RequestRecord) => {
    if (!(await records.replace(previous, next))) throw new Error('the record has changed');
    return next;
  };
  return { send, act, create, store, sent, lines, records, table: table.records, clock };
}
