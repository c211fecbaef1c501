import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { UserError } from '../../lib/user-error.ts';
import { readEndpoints } from '../../local/system/endpoints-file.ts';
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
  /** For a person: where this is. */
  where: string;
  queues: OpenQueue[];
}

interface Urls {
  requests?: string | undefined;
  requestsDlq?: string | undefined;
  audit?: string | undefined;
  auditDlq?: string | undefined;
}

/**
 * Finds the queues: those of a deployed stage where one is named, else those of the functions'
 * environment variables, else those of the system that `npm start` runs on this machine.
 * @throws UserError where there are none
 */
export async function openQueues(options: {
  stage?: string | undefined;
  region: string;
  environment: Record<string, string | undefined>;
}): Promise<OpenQueues> {
  const { stage, region, environment } = options;
  if (stage !== undefined) {
    const client = new SQSClient({ region });
    return open(client, `stage ${stage} in ${region}`, await findByName(client, stage, region));
  }
  const configured: Urls = {
    requests: environment.REQUEST_QUEUE_URL,
    requestsDlq: environment.REQUEST_DLQ_URL,
    audit: environment.AUDIT_QUEUE_URL,
    auditDlq: environment.AUDIT_DLQ_URL,
  };
  if (configured.requestsDlq || configured.auditDlq) {
    return open(new SQSClient({ region }), 'the queues of the environment', configured);
  }
  const local = await readEndpoints(resolve(ROOT, environment.LOCAL_FOLDER || '.local'));
  if (local) {
    const client = new SQSClient({
      endpoint: local.sqsEndpoint,
      region: local.region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    return open(client, 'the system on this machine', {
      requests: local.queues.RequestQueue?.url,
      requestsDlq: local.queues.RequestDeadLetterQueue?.url,
      audit: local.queues.AuditQueue?.url,
      auditDlq: local.queues.AuditDeadLetterQueue?.url,
    });
  }
  throw new UserError(
    'Which queues? Name a stage (--stage prod), or set REQUEST_DLQ_URL and AUDIT_DLQ_URL, or start the system on this machine (npm start).',
  );
}

function open(client: SQSClient, where: string, urls: Urls): OpenQueues {
  const queues: OpenQueue[] = [];
  const add = (name: QueueName, url: string | undefined, targetUrl: string | undefined) => {
    if (url) queues.push({ name, deadLetters: new DeadLetterQueue(client, url), targetUrl });
  };
  add('requests', urls.requestsDlq, urls.requests);
  add('audit', urls.auditDlq, urls.audit);
  return { client, where, queues };
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
  };
}
