import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { startDynamoDb } from '../local/dynamodb/start-dynamodb.ts';
import { SAMPLE_CLIENT } from '../local/genesys/sample-organisation.ts';
import {
  type RunningGenesys,
  type StartGenesysOptions,
  startGenesys,
} from '../local/genesys/start-genesys.ts';
import { packageService } from '../local/package-service.ts';
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../local/secrets-manager/start-secrets-manager.ts';
import { type LocalQueue, type LocalSqs, startSqs } from '../local/sqs/start-sqs.ts';
import {
  startWebhookReceiver,
  type WebhookReceiver,
} from '../local/webhook-receiver/start-webhook-receiver.ts';

/** More than this machine can send in a minute: no rate limit. */
const NO_LIMIT_PER_MINUTE = 1e9;

const REQUESTS_TABLE = 'requests';

export interface Servers {
  sqs: LocalSqs;
  secrets: LocalSecretsManager;
  genesys: RunningGenesys;
  receiver: CountingReceiver;
  queues: {
    requests: LocalQueue;
    requestsDead: LocalQueue;
    audit: LocalQueue;
    auditDead: LocalQueue;
  };
  /** Environment of every function here, ours and the baselines. */
  environment: Record<string, string>;
  stop(): Promise<void>;
}

export interface CountingReceiver extends WebhookReceiver {
  /** Deliveries so far. */
  received(which: 'verified' | 'all'): number;
  /** Resolves after this number of verified deliveries. */
  waitForCount(count: number): Promise<void>;
}

/**
 * Everything that the functions call, on this machine and in this process.
 * @param options.webhookMs how long the receiver takes to respond. Default 0.
 */
export async function startServers(
  options: { genesys?: StartGenesysOptions; webhookMs?: number } = {},
): Promise<Servers> {
  const signingKey = `whsec_${randomBytes(32).toString('base64')}`;
  const [{ template }, dynamoDb, sqs, secrets, genesys, receiver] = await Promise.all([
    packageService(),
    startDynamoDb(),
    startSqs(),
    startSecretsManager(),
    startGenesys({ requestsPerMinute: NO_LIMIT_PER_MINUTE, ...options.genesys }),
    startReceiver(signingKey, options.webhookMs ?? 0),
  ]);
  await dynamoDb.createTable({
    ...template.Resources.RequestsTable?.Properties,
    TableName: REQUESTS_TABLE,
  });
  const hidden = { VisibilityTimeout: '360' };
  const queues = {
    requests: sqs.createQueue('requests.fifo', hidden),
    requestsDead: sqs.createQueue('requests-dead.fifo'),
    audit: sqs.createQueue('audit', hidden),
    auditDead: sqs.createQueue('audit-dead'),
  };
  secrets.putSecret('credentials', JSON.stringify(SAMPLE_CLIENT));
  secrets.putSecret('token');
  secrets.putSecret('signing', JSON.stringify({ keys: [signingKey] }));

  return {
    sqs,
    secrets,
    genesys,
    receiver,
    queues,
    environment: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_SQS: sqs.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
      REQUESTS_TABLE_NAME: REQUESTS_TABLE,
      AWS_LAMBDA_FUNCTION_NAME: 'bench',
      POWERTOOLS_LOG_LEVEL: 'INFO',
      POWERTOOLS_SERVICE_NAME: 'bench',
      POWERTOOLS_METRICS_NAMESPACE: 'Bench',
      GENESYS_ENV: genesys.url,
      GENESYS_CREDENTIALS_SECRET_ID: 'credentials',
      GENESYS_TOKEN_SECRET_ID: 'token',
      GENESYS_REQUESTS_PER_SECOND: '1000',
      MAX_PARTICIPANTS: '20',
      REQUEST_QUEUE_URL: queues.requests.url,
      REQUEST_DLQ_URL: queues.requestsDead.url,
      AUDIT_QUEUE_URL: queues.audit.url,
      AUDIT_DLQ_URL: queues.auditDead.url,
      EXTERNAL_WEBHOOK_URL: receiver.url,
      WEBHOOK_SIGNING_SECRET_ID: 'signing',
    },
    async stop() {
      await Promise.all([dynamoDb, sqs, secrets, genesys, receiver].map((server) => server.stop()));
    },
  };
}

async function startReceiver(signingKey: string, responseMs: number): Promise<CountingReceiver> {
  let all = 0;
  let count = 0;
  let waiting: { wanted: number; wake: () => void }[] = [];
  const receiver = await startWebhookReceiver({
    keys: [signingKey],
    keep: 10,
    // A baseline without a signature succeeds too.
    respond: async () => {
      if (responseMs > 0) await delay(responseMs);
      return { status: 204 };
    },
    onDelivery: ({ verified }) => {
      all += 1;
      if (verified) count += 1;
      for (const { wanted, wake } of waiting) if (count >= wanted) wake();
      waiting = waiting.filter(({ wanted }) => count < wanted);
    },
  });
  return {
    ...receiver,
    received: (which) => (which === 'all' ? all : count),
    waitForCount: (wanted) =>
      new Promise((resolve) => {
        if (count >= wanted) resolve();
        else waiting.push({ wanted, wake: resolve });
      }),
  };
}
