import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { GetQueueUrlCommand, QueueDoesNotExist, SQSClient } from '@aws-sdk/client-sqs';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import { systemClock as clock } from '../../lib/system-clock.ts';
import { UserError } from '../../lib/user-error.ts';
import { readEndpoints } from '../../local/system/endpoints-file.ts';
import { findTable } from '../find-table.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import type { QueueName } from './read-letter.ts';

const SERVICE = 'genesys-automated-adder';
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface OpenQueue {
  name: QueueName;
  deadLetters: DeadLetterQueue;
  /** Where its letters came from. */
  targetUrl: string | undefined;
}

export interface OpenQueues {
  client: SQSClient;
  /**
   * The request records, which only the redrive of requests needs. @throws UserError if there is no table
   */
  openRecords: () => Promise<OpenRecords>;
  /** Where the queues are, in words. */
  where: string;
  queues: OpenQueue[];
}

export interface OpenRecords {
  records: RecordStore;
  close: () => void;
}

interface Urls {
  requests?: string | undefined;
  requestsDlq?: string | undefined;
  audit?: string | undefined;
  auditDlq?: string | undefined;
  events?: string | undefined;
  eventsDlq?: string | undefined;
}

interface Table {
  name: () => Promise<string | undefined>;
  settings: DynamoDBClientConfig;
}

/**
 * Finds the queues: those of a deployed stage if one is named, else those of the functions'
 * environment variables, else those of the system that `npm start` runs on this machine.
 * @throws UserError if there are none
 */
export async function openQueues(options: {
  stage?: string | undefined;
  region: string;
  environment: Record<string, string | undefined>;
}): Promise<OpenQueues> {
  const { stage, region, environment } = options;
  if (stage !== undefined) {
    const client = new SQSClient({ region });
    return open(client, `stage ${stage} in ${region}`, await findByName(client, stage, region), {
      name: () => findTable(`${SERVICE}-${stage}`, region),
      settings: { region },
    });
  }
  const configured: Urls = {
    requests: environment.REQUEST_QUEUE_URL,
    requestsDlq: environment.REQUEST_DLQ_URL,
    audit: environment.AUDIT_QUEUE_URL,
    auditDlq: environment.AUDIT_DLQ_URL,
  };
  if (configured.requestsDlq || configured.auditDlq) {
    return open(new SQSClient({ region }), 'the queues of the environment', configured, {
      name: async () => environment.REQUESTS_TABLE_NAME,
      settings: { region },
    });
  }
  const local = await readEndpoints(resolve(ROOT, environment.LOCAL_FOLDER || '.local'));
  if (local) {
    const settings = { region: local.region, credentials: local.credentials };
    const client = new SQSClient({ ...settings, endpoint: local.sqsEndpoint });
    const urls = {
      requests: local.queues.RequestQueue?.url,
      requestsDlq: local.queues.RequestDeadLetterQueue?.url,
      audit: local.queues.AuditQueue?.url,
      auditDlq: local.queues.AuditDeadLetterQueue?.url,
      events: local.queues.EventQueue?.url,
      eventsDlq: local.queues.EventDeadLetterQueue?.url,
    };
    return open(client, 'the system on this machine', urls, {
      name: async () => local.tables.RequestsTable,
      settings: { ...settings, endpoint: local.dynamoDbEndpoint },
    });
  }
  throw new UserError(
    'No queues were found. Name a stage (--stage prod), or set REQUEST_DLQ_URL and AUDIT_DLQ_URL, or start the system on this machine (npm start).',
  );
}

function open(client: SQSClient, where: string, urls: Urls, table: Table): OpenQueues {
  const queues: OpenQueue[] = [];
  const add = (name: QueueName, url: string | undefined, targetUrl: string | undefined) => {
    if (url) queues.push({ name, deadLetters: new DeadLetterQueue(client, url), targetUrl });
  };
  add('requests', urls.requestsDlq, urls.requests);
  add('audit', urls.auditDlq, urls.audit);
  add('events', urls.eventsDlq, urls.events);
  return { client, where, queues, openRecords: () => openRecords(table) };
}

async function openRecords({ name, settings }: Table): Promise<OpenRecords> {
  const tableName = await name();
  if (!tableName) {
    throw new UserError(
      'A redrive of requests starts a new run in their records: set REQUESTS_TABLE_NAME, or name a stage.',
    );
  }
  const client = new DynamoDBClient(settings);
  return {
    records: createDynamoRecordStore(client, { tableName, clock }),
    close: () => client.destroy(),
  };
}

async function findByName(client: SQSClient, stage: string, region: string): Promise<Urls> {
  const urlOf = async (suffix: string) => {
    const QueueName = `${SERVICE}-${stage}-${suffix}`;
    try {
      return (await client.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl;
    } catch (error) {
      throw new UserError(
        `The queue ${QueueName} cannot be found in ${region}: ${(error as Error).message}`,
      );
    }
  };
  return {
    requests: await urlOf('requests.fifo'),
    requestsDlq: await urlOf('requests-dlq.fifo'),
    audit: await urlOf('audit'),
    auditDlq: await urlOf('audit-dlq'),
    ...(await findEventQueues(client, `${SERVICE}-${stage}`)),
  };
}

/** The queues of EventBridge exist only where they are deployed (docs/eventbridge.md). */
async function findEventQueues(client: SQSClient, prefix: string): Promise<Urls> {
  const urlOf = async (suffix: string) =>
    (await client.send(new GetQueueUrlCommand({ QueueName: `${prefix}-${suffix}` }))).QueueUrl;
  try {
    return { events: await urlOf('events'), eventsDlq: await urlOf('events-dlq') };
  } catch (error) {
    // Without the permission, SQS does not say whether a queue exists.
    if (error instanceof QueueDoesNotExist || /AccessDenied/.test((error as Error).name)) return {};
    throw error;
  }
}
