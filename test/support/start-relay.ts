import { randomUUID } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createRelay, type RelayPorts } from '../../functions/relay/create-relay.ts';
import type { RelayContext } from '../../functions/relay/handler.ts';
import { digestOf } from '../../functions/relay/vouch-for-event.ts';
import { createChangeVisibility } from '../../lib/aws/change-visibility.ts';
import { createGetSecret } from '../../lib/aws/get-secret.ts';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { readRelayConfig } from '../../lib/config.ts';
import { readAuditEnvelope } from '../../lib/domain/audit-envelope.ts';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import { eventId } from '../../lib/domain/event-id.ts';
import { parseJson } from '../../lib/domain/json.ts';
import { newRecord } from '../../lib/domain/record-transitions.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import { createSendHttp } from '../../lib/http/send-http.ts';
import type { Metric } from '../../lib/metrics.ts';
import { systemClock } from '../../lib/system-clock.ts';
import { createCheckedLookup } from '../../lib/webhook/checked-lookup.ts';
import { toSqsEvent } from '../../local/event-source-mapping/sqs-event.ts';
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../local/secrets-manager/start-secrets-manager.ts';
import { type LocalQueue, type LocalSqs, startSqs } from '../../local/sqs/start-sqs.ts';

export const SECRET_ID = 'webhook-signing';
const AWS = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 1,
};

export interface LogLine {
  level: string;
  message: string;
  [field: string]: unknown;
}

/** One run of the function over what the queue gave. */
export interface Run {
  event: SQSEvent;
  response: SQSBatchResponse;
  /** What the function set for messages that are to come back, in seconds. */
  hiddenForSeconds: number[];
}

export interface StartRelayOptions {
  url?: string | undefined;
  keys?: string[];
  /** `undefined`: the variable is not set. */
  secretId?: string | undefined;
  allowUnsigned?: boolean;
  deps?: Partial<RelayPorts>;
}

export interface RelayUnderTest {
  sqs: LocalSqs;
  secretsManager: LocalSecretsManager;
  queue: LocalQueue;
  deadLetterQueue: LocalQueue;
  log: LogLine[];
  metrics: Metric[];
  setKeys(...keys: string[]): void;
  /** The records that the relay reads, by request id. */
  records: Map<string, RequestRecord>;
  /** Puts a message on the audit queue, for which the record of its request vouches. */
  send(body: string, attributes?: Record<string, string>): Promise<void>;
  /** Puts a message on the audit queue as another sender would. */
  forge(body: string, attributes?: Record<string, string>): Promise<void>;
  /** Lets records vouch for all messages of a batch. */
  vouchFor(event: SQSEvent): void;
  /**
   * What Lambda does with one batch: receives it, runs the function, deletes what succeeded.
   * Messages that the function hides are given back at once instead of after that time.
   */
  run(change?: (event: SQSEvent) => SQSEvent, context?: RelayContext): Promise<Run>;
  deadLetters(): Promise<{ body: string; attributes: Record<string, string> }[]>;
  /** A new instance of the function, with nothing in memory. */
  coldStart(): void;
  stop(): Promise<void>;
}

/** The relay with its real adapters over the local SQS and Secrets Manager. */
export async function startRelay(options: StartRelayOptions): Promise<RelayUnderTest> {
  const sqs = await startSqs();
  const secretsManager = await startSecretsManager();
  const queue = sqs.createQueue('audit', { VisibilityTimeout: '180' });
  const deadLetterQueue = sqs.createQueue('audit-dlq');
  const client = new SQSClient({ ...AWS, endpoint: sqs.endpoint });
  const secrets = new SecretsManagerClient({ ...AWS, endpoint: secretsManager.endpoint });
  const log: LogLine[] = [];
  const metrics: Metric[] = [];
  const write = (level: string) => (message: string, fields?: Record<string, unknown>) => {
    log.push({ level, message, ...fields });
  };
  const setKeys = (...keys: string[]) =>
    secretsManager.putSecret(SECRET_ID, JSON.stringify({ keys }));
  secretsManager.putSecret(SECRET_ID);
  if (options.keys) setKeys(...options.keys);

  const config = readRelayConfig({
    REQUESTS_TABLE_NAME: 'requests',
    AUDIT_QUEUE_URL: queue.url,
    AUDIT_DLQ_URL: deadLetterQueue.url,
    EXTERNAL_WEBHOOK_URL: options.url,
    WEBHOOK_SIGNING_SECRET_ID: 'secretId' in options ? options.secretId : SECRET_ID,
    WEBHOOK_ALLOW_UNSIGNED: options.allowUnsigned ? 'true' : undefined,
  });
  const changeVisibility = createChangeVisibility(client, { clock: systemClock });
  let hiddenForSeconds: number[] = [];
  const records = new Map<string, RequestRecord>();
  const vouch = (body: string, eventIdAttribute?: string) => {
    const requestId = readAuditEnvelope(parseJson(body))?.requestId;
    if (requestId === undefined) return;
    records.set(requestId, finishedRecordOf(requestId, body, eventIdAttribute));
  };
  const put = async (body: string, attributes: Record<string, string> = {}) => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: queue.url,
        MessageBody: body,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, StringValue]) => [
            name,
            { DataType: 'String', StringValue },
          ]),
        ),
      }),
    );
  };
  const create = () =>
    createRelay({
      config,
      records: {
        get: async (requestId) => records.get(requestId),
        replace: async (previous, next) => {
          if (records.get(next.requestId)?.version !== previous.version) return false;
          records.set(next.requestId, next);
          return true;
        },
      },
      newWriteId: () => randomUUID(),
      sendHttp: createSendHttp(),
      lookup: createCheckedLookup({ allowPrivate: false }),
      changeVisibility: async (change) => {
        hiddenForSeconds.push(change.seconds);
        await changeVisibility({ ...change, seconds: 0 });
      },
      sendMessage: createSendMessage(client),
      getSecret: createGetSecret(secrets),
      clock: systemClock,
      random: () => 0.5,
      log: {
        debug: write('debug'),
        info: write('info'),
        warn: write('warn'),
        error: write('error'),
      },
      putMetrics: (...more) => {
        metrics.push(...more);
      },
      ...options.deps,
    });
  let handler = create();

  const receive = async (url: string): Promise<Message[]> => {
    const response = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );
    return response.Messages ?? [];
  };

  return {
    sqs,
    secretsManager,
    queue,
    deadLetterQueue,
    log,
    metrics,
    setKeys,
    coldStart() {
      handler = create();
    },
    records,
    async send(body, attributes = {}) {
      vouch(body, attributes.event_id);
      await put(body, attributes);
    },
    forge: put,
    vouchFor({ Records }) {
      for (const { body, messageAttributes } of Records) {
        vouch(body, messageAttributes.event_id?.stringValue);
      }
    },
    async run(change = (event) => event, context = {}) {
      hiddenForSeconds = [];
      const messages = await receive(queue.url);
      const event = change(toSqsEvent(messages, queue.arn));
      const response = await handler(event, context);
      const failed = new Set(response.batchItemFailures.map((item) => item.itemIdentifier));
      for (const { MessageId, ReceiptHandle } of messages) {
        if (failed.has(MessageId ?? '')) continue;
        await client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }));
      }
      return { event, response, hiddenForSeconds };
    },
    async deadLetters() {
      return (await receive(deadLetterQueue.url)).map(({ Body = '', MessageAttributes = {} }) => ({
        body: Body,
        attributes: Object.fromEntries(
          Object.entries(MessageAttributes).map(([name, value]) => [name, value.StringValue ?? '']),
        ),
      }));
    },
    async stop() {
      client.destroy();
      secrets.destroy();
      await sqs.stop();
      await secretsManager.stop();
    },
  };
}

/** The record of a finished request, whose result is `body`. */
export function finishedRecordOf(
  requestId: string,
  body: string,
  id = eventId(requestId),
): RequestRecord {
  const request = {
    requestId,
    origin: 'api' as const,
    conversationId: '2e8c2d0b-5a1f-4f3e-9a53-6f0f5c1e7a01',
    participants: [],
    requestedBy: 'arn:aws:iam::123456789012:user/caller',
    callerId: 'caller',
    correlationId: `correlation of ${requestId}`,
    digest: '',
    dryRun: false,
    onlyIfReachable: false,
    requestedAtMs: 0,
    deadlineMs: Date.now(),
  };
  const context = { nowMs: 0, writeId: 'first', retentionMs: 30 * 86_400_000 };
  return {
    ...newRecord(request, context),
    status: 'SUCCESS',
    result: { eventId: id, body, digest: digestOf(body), finishedAtMs: 0, sentAtMs: 0 },
    delivery: { status: 'PENDING', attempts: 0 },
  };
}

/** An audit event as the adder writes it. */
export function auditEventOf(
  requestId: string,
  changes: Partial<AuditEvent['audit']> = {},
): AuditEvent {
  return {
    event: 'participant_added',
    source: 'genesys-automated-adder',
    audit: {
      timestamp: '2026-11-22T15:29:40Z',
      conversation_id: '2e8c2d0b-5a1f-4f3e-9a53-6f0f5c1e7a01',
      participant_ids: ['6d3f0c52-1c57-4f0e-8a58-0a1c2d3e4f50'],
      role: 'agent',
      latency_ms: 245,
      status: 'SUCCESS',
      request_id: requestId,
      correlation_id: `correlation of ${requestId}`,
      requested_by: 'arn:aws:iam::123456789012:user/caller',
      participants: [
        { id: '6d3f0c52-1c57-4f0e-8a58-0a1c2d3e4f50', role: 'agent', outcome: 'ADDED' },
      ],
      queued_ms: 31,
      attempts: 1,
      genesys_calls: 3,
      genesys_correlation_ids: [],
      ...changes,
    },
  };
}
