import { createRequests, type RequestsPorts } from '../../functions/requests/create-requests.ts';
import type { InvocationContext } from '../../lib/api/or-data-action.ts';
import type { DataActionResult } from '../../lib/domain/data-action-result.ts';
import { newRecord } from '../../lib/domain/record-transitions.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import { createApiPorts, NOW_MS, RETENTION_MS } from './create-api-ports.ts';
import { newRequest } from './new-request.ts';
import { ALIAS_ARN } from './start-intake.ts';

export const AUDIT_QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/123456789012/audit';

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
  const { ports, ...effects } = createApiPorts();
  const { records } = ports;
  const handler = createRequests({
    ...ports,
    auditQueueUrl: AUDIT_QUEUE_URL,
    readAllCallers: [],
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
  const act = (input: unknown, context: InvocationContext = {}) =>
    handler(input, { ...context, invokedFunctionArn: ALIAS_ARN }) as Promise<DataActionResult>;
  /** Creates a record, by default of the caller in `httpEvent`. */
  const create = async (fields: Parameters<typeof newRequest>[0] = {}): Promise<RequestRecord> => {
    const request = newRequest({ requestedAtMs: NOW_MS, deadlineMs: NOW_MS + 600_000, ...fields });
    const context = { nowMs: NOW_MS, writeId: ports.newWriteId(), retentionMs: RETENTION_MS };
    const record = newRecord(request, context);
    if (await records.create(record)) throw new Error('the record exists');
    return record;
  };
  return { send, act, create, records, clock: ports.clock, ...effects };
}
