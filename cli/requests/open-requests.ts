import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import {
  type CancelRequest,
  createCancelRequest,
} from '../../functions/requests/cancel-request.ts';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { createSendResult } from '../../lib/aws/send-result.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import { systemClock as clock } from '../../lib/system-clock.ts';
import { UserError } from '../../lib/user-error.ts';
import { readEndpoints } from '../../local/system/endpoints-file.ts';
import { findTable } from '../find-table.ts';

const SERVICE = 'genesys-automated-adder';
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RETENTION_DAYS = 30;

export interface OpenRequests {
  /** For a person: where this is. */
  where: string;
  records: RecordStore;
  cancelRequest: CancelRequest;
  close(): void;
}

/**
 * Opens the records of a deployed stage where one is named, else those of the system that `npm start`
 * runs on this machine.
 * @throws UserError if it cannot be found
 */
export async function openRequests({
  stage,
  region,
  environment,
}: {
  stage: string | undefined;
  region: string;
  environment: Record<string, string | undefined>;
}): Promise<OpenRequests> {
  if (stage !== undefined) {
    const sqs = new SQSClient({ region });
    return open({
      where: `stage ${stage} in ${region}`,
      dynamoDb: new DynamoDBClient({ region }),
      sqs,
      tableName: await findTable(`${SERVICE}-${stage}`, region),
      auditQueueUrl: () => findQueue(sqs, `${SERVICE}-${stage}-audit`),
      environment,
    });
  }
  const local = await readEndpoints(resolve(ROOT, environment.LOCAL_FOLDER || '.local'));
  const tableName = local?.tables.RequestsTable;
  if (!local || tableName === undefined) {
    throw new UserError(
      'Which requests? Name a stage (--stage prod), or start the system on this machine (npm start).',
    );
  }
  const settings = { region: local.region, credentials: local.credentials };
  return open({
    where: 'the system on this machine',
    dynamoDb: new DynamoDBClient({ ...settings, endpoint: local.dynamoDbEndpoint }),
    sqs: new SQSClient({ ...settings, endpoint: local.sqsEndpoint }),
    tableName,
    auditQueueUrl: async () => local.queues.AuditQueue?.url ?? '',
    environment,
  });
}

function open({
  where,
  dynamoDb,
  sqs,
  tableName,
  auditQueueUrl,
  environment,
}: {
  where: string;
  dynamoDb: DynamoDBClient;
  sqs: SQSClient;
  tableName: string;
  auditQueueUrl: () => Promise<string>;
  environment: Record<string, string | undefined>;
}): OpenRequests {
  const records = createDynamoRecordStore(dynamoDb, { tableName, clock });
  const retentionMs = Number(environment.RECORD_RETENTION_DAYS || RETENTION_DAYS) * 86_400_000;
  const cancelRequest: CancelRequest = (record) =>
    createCancelRequest({
      records,
      sendResult: async (event) =>
        createSendResult(createSendMessage(sqs), await auditQueueUrl())(event),
      clock,
      newWriteId: randomUUID,
      // The stage may keep records for longer than this machine knows.
      retentionMs: Math.max(retentionMs, record.expiresAtMs - clock.now()),
      log: console,
    })(record);
  return {
    where,
    records,
    cancelRequest,
    close() {
      dynamoDb.destroy();
      sqs.destroy();
    },
  };
}

async function findQueue(sqs: SQSClient, QueueName: string): Promise<string> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
  if (QueueUrl === undefined) throw new UserError(`The queue ${QueueName} cannot be found.`);
  return QueueUrl;
}
