import type { ChangeVisibility } from '../../lib/aws/change-visibility.ts';
import type { GetSecret } from '../../lib/aws/get-secret.ts';
import type { PutSecret } from '../../lib/aws/put-secret.ts';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import type { VersionedItem } from '../../lib/domain/versioned-item.ts';
import type { CallWindowItem } from '../../lib/domain/window-update.ts';
import type { ConversationLeases } from '../../lib/records/conversation-lease.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import { SecretStore } from '../../local/secrets-manager/secret-store.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { SimulatedQueue } from './simulated-queue.ts';
import { createSimulatedTable, type SimulatedTable } from './simulated-records.ts';
import type { World } from './world.ts';

export const QUEUE_URLS = {
  requests: 'https://sqs/requests.fifo',
  requestsDead: 'https://sqs/requests-dlq.fifo',
  audit: 'https://sqs/audit',
  auditDead: 'https://sqs/audit-dlq',
  watch: 'https://sqs/watch',
  watchDead: 'https://sqs/watch-dlq',
};
export type Queues = Record<keyof typeof QUEUE_URLS, SimulatedQueue>;

/** The template's. */
const VISIBILITY_MS = { requests: 180_000, audit: 180_000, watch: 300_000 };
const WATCH_MAX_RECEIVES = 5;
const AUDIT_MAX_RECEIVES = 1_000;

export const SECRET_IDS = { credentials: 'credentials', token: 'token', signing: 'signing' };
export const CLIENT = { clientId: 'client', clientSecret: 'client_5ecret_of_the_simulation' };
export const SIGNING_BYTES = Buffer.from('signing_5ecret_of_the_simulation');
export const TOKEN_MARK = 'tkn_5ecret_';
/** No line and no message may hold any of these. */
export const SECRET_TEXTS = [CLIENT.clientSecret, TOKEN_MARK, 'whsec_', 'Bearer ', 'Basic '];

/** What our code can do at AWS, as one process does it. */
export interface AwsPorts {
  sendMessage: SendMessage;
  changeVisibility: ChangeVisibility;
  getSecret: GetSecret;
  putSecret: PutSecret;
  openItem: (key: string) => VersionedItem;
  openCallWindow: (key: string) => CallWindowItem;
  records: RecordStore;
  leases: ConversationLeases;
}

export interface SimulatedAws {
  queues: Queues;
  table: SimulatedTable;
  portsOf(process: SimulatedProcess): AwsPorts;
}

/** SQS, Secrets Manager and DynamoDB with the template's queues, secrets and table. */
export function createAws(world: World): SimulatedAws {
  const queues = createQueues(world);
  const table = createSimulatedTable();
  const { outages } = world.plan;
  const secrets = new SecretStore({ now: () => world.time.nowMs });
  const key = `whsec_${SIGNING_BYTES.toString('base64')}`;
  secrets.create(SECRET_IDS.credentials, { SecretString: JSON.stringify(CLIENT) });
  secrets.create(SECRET_IDS.token);
  secrets.create(SECRET_IDS.signing, { SecretString: JSON.stringify({ keys: [key] }) });

  const queueAt = (url: string) => {
    const queue = Object.values(queues).find((one) => one.url === url);
    if (!queue) throw new Error(`there is no queue ${url}`);
    return queue;
  };

  return {
    queues,
    table,
    portsOf: (process) => ({
      ...table.portsOf({
        call: (what, effect) => process.callTable(what, effect),
        now: process.clock.now,
      }),
      sendMessage({ queueUrl, ...message }) {
        const name = queueUrl.split('/').at(-1);
        return process.call(
          `sends to ${name}`,
          () => {
            world.texts.push(message.body, JSON.stringify(message.attributes ?? {}));
            world.story.tell(process.name, `sends to ${name}`);
            queueAt(queueUrl).send(message, process);
          },
          outages.queue,
        );
      },
      changeVisibility: ({ queueUrl, receiptHandle, seconds }) =>
        process.call(
          'sets a visibility',
          () => {
            world.story.tell(process.name, `hands a message back for ${Math.ceil(seconds)} s`);
            queueAt(queueUrl).changeVisibility(receiptHandle, seconds);
          },
          outages.queue,
        ),
      getSecret: (secretId, stage = 'AWSCURRENT') =>
        process.call(
          `reads ${secretId}`,
          () =>
            unless('ResourceNotFoundException', undefined, () => {
              const { version } = secrets.get(secretId, { VersionStage: stage });
              const { id, SecretString, stages } = version;
              return { value: SecretString ?? '', versionId: id, stages: [...stages] };
            }),
          outages.secrets,
        ),
      putSecret: (secretId, value) =>
        process.call(
          `writes ${secretId}`,
          () => {
            secrets.put(secretId, { SecretString: value, ClientRequestToken: world.newId() });
            world.story.tell(process.name, 'writes the token');
          },
          outages.secrets,
        ),
    }),
  };
}

function createQueues(world: World): Queues {
  const { plan, time, random, newId } = world;
  const common = {
    time,
    random,
    newId,
    visibilityTimeoutMs: 30_000,
    maxReceiveCount: Number.POSITIVE_INFINITY,
  };
  const requestsDead = new SimulatedQueue({ ...common, url: QUEUE_URLS.requestsDead });
  const auditDead = new SimulatedQueue({ ...common, url: QUEUE_URLS.auditDead });
  const watchDead = new SimulatedQueue({ ...common, url: QUEUE_URLS.watchDead });
  return {
    requestsDead,
    auditDead,
    watchDead,
    watch: new SimulatedQueue({
      ...common,
      url: QUEUE_URLS.watch,
      visibilityTimeoutMs: VISIBILITY_MS.watch,
      maxReceiveCount: WATCH_MAX_RECEIVES,
      deadLetterQueue: watchDead,
      duplicateProbability: () => world.weather.duplicates,
    }),
    requests: new SimulatedQueue({
      ...common,
      url: QUEUE_URLS.requests,
      visibilityTimeoutMs: VISIBILITY_MS.requests,
      maxReceiveCount: plan.maxReceives,
      deadLetterQueue: requestsDead,
      // No FIFO queue does this while its visibility timeout lasts. A function that outlives it would
      // make it do so, and an operator who starts a second mapping.
      duplicateProbability: () => world.weather.duplicates / 4,
    }),
    audit: new SimulatedQueue({
      ...common,
      url: QUEUE_URLS.audit,
      visibilityTimeoutMs: VISIBILITY_MS.audit,
      maxReceiveCount: AUDIT_MAX_RECEIVES,
      deadLetterQueue: auditDead,
      duplicateProbability: () => world.weather.duplicates,
    }),
  };
}

/** The adapters in lib/aws give such a response where AWS gives this error. */
function unless<T, U>(errorName: string, otherwise: U, attempt: () => T): T | U {
  try {
    return attempt();
  } catch (error) {
    if ((error as Error).name === errorName) return otherwise;
    throw error;
  }
}
