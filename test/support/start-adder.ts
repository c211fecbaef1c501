import { randomUUID } from 'node:crypto';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { type AdderPorts, createAdder } from '../../functions/adder/create-adder.ts';
import { readMessage } from '../../functions/adder/read-message.ts';
import { createFollowUp } from '../../functions/follow-up/create-follow-up.ts';
import type { VisibilityChange } from '../../lib/aws/change-visibility.ts';
import type { OutgoingMessage } from '../../lib/aws/send-message.ts';
import { readAdderConfig, readFollowUpConfig } from '../../lib/config.ts';
import type { AuditEvent, ParticipantResult } from '../../lib/domain/audit-event.ts';
import { newRecord, rerun } from '../../lib/domain/record-transitions.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import { createMemoryCallWindow } from '../../lib/genesys/pace/memory-call-window.ts';
import { createMemoryItem } from '../../lib/genesys/pace/memory-item.ts';
import { createSendHttp, type SendHttp } from '../../lib/http/send-http.ts';
import type { Log } from '../../lib/logger.ts';
import type { Metric } from '../../lib/metrics.ts';
import { SAMPLE_CLIENT } from '../../local/genesys/sample-organisation.ts';
import {
  type RunningGenesys,
  type StartGenesysOptions,
  startGenesys,
} from '../../local/genesys/start-genesys.ts';
import { type CallTable, createSimulatedTable } from '../simulation/simulated-records.ts';
import { createSkippingClock, type SkippingClock } from './skipping-clock.ts';

const QUEUES = {
  REQUEST_QUEUE_URL: 'http://127.0.0.1/requests',
  REQUEST_DLQ_URL: 'http://127.0.0.1/requests-dlq',
  AUDIT_QUEUE_URL: 'http://127.0.0.1/audit',
  WATCH_QUEUE_URL: 'http://127.0.0.1/watch',
};

const SECRETS = {
  GENESYS_CREDENTIALS_SECRET_ID: 'the-credentials',
  GENESYS_TOKEN_SECRET_ID: 'the-token',
};

export interface LogLine {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

export interface DeliveryOptions {
  receiveCount?: number;
  sentAtMs?: number;
  remainingMs?: number;
  messageAttributes?: SQSRecord['messageAttributes'];
  groupId?: string;
}

export interface AdderUnderTest {
  genesys: RunningGenesys;
  clock: SkippingClock;
  /** Everything that was sent to a queue, oldest first. */
  sent: OutgoingMessage[];
  visibilities: VisibilityChange[];
  log: LogLine[];
  metrics: Metric[];
  /** Values of the token secret, oldest first. */
  tokenVersions: string[];
  /** Puts a token that is good for an hour into the secret, as another instance would. */
  storeToken(accessToken: string): void;
  /** The call budget and the lease of the token, as they are stored. */
  items(): Promise<unknown[]>;
  /** Hands one message to the function. */
  deliver(message: unknown, options?: DeliveryOptions): Promise<SQSBatchResponse>;
  deliverBatch(records: SQSRecord[], remainingMs?: number): Promise<SQSBatchResponse>;
  record(message: unknown, options?: DeliveryOptions): SQSRecord;
  /** Hands over a message and returns its result; throws where it was handed back. */
  settle(message: unknown, options?: DeliveryOptions): Promise<AuditEvent['audit']>;
  /** Delivers a message again each time it was handed back, when it is due; returns its result. */
  settleInTheEnd(
    message: unknown,
    options?: Omit<DeliveryOptions, 'receiveCount'>,
  ): Promise<AuditEvent['audit']>;
  /** Creates the record of a message that names its request, as intake does. */
  accept(message: unknown): Promise<void>;
  /** Opens a final record for another run, as an operator's redrive does. */
  startRun(requestId: string, run: number): Promise<void>;
  /** Runs the reconciler of `follow-up`, on the same table. */
  reconcile(): Promise<unknown>;
  /** Lets time pass and delivers watch messages when they are due, as long as there are any. */
  deliverWatches(): Promise<void>;
  /** The records, by request id. */
  records: ReadonlyMap<string, RequestRecord>;
  stop(): Promise<void>;
}

export interface StartAdderOptions {
  genesys?: StartGenesysOptions;
  /** Time-outs are cut to this, so that a hanging response costs a test no ten seconds. */
  longestTimeoutMs?: number;
  credentials?: string | undefined;
  /** Thrown when the credentials are read. */
  credentialsError?: Error;
  /** Thrown when the token is read. */
  tokenError?: Error;
  requestsPerSecond?: number;
  maxParticipants?: number;
  maxReceives?: number;
  sendMessage?: (message: OutgoingMessage) => Promise<void>;
  /** Default false */
  watchConnections?: boolean;
  /** How the table is reached. */
  callTable?: CallTable;
  /** Something on the way to Genesys Cloud. */
  sendHttp?: (send: SendHttp) => SendHttp;
  /** More variables of the environment. */
  env?: Record<string, string>;
  /** Where lines are logged, instead of `log`. */
  logTo?: Log;
}

/** A function instance with a real HTTP client against the stand-in, and queues that are arrays. */
export async function startAdder(options: StartAdderOptions = {}): Promise<AdderUnderTest> {
  const clock = createSkippingClock();
  const genesys = await startGenesys({ clock, ...options.genesys });
  const sent: OutgoingMessage[] = [];
  const visibilities: VisibilityChange[] = [];
  const log: LogLine[] = [];
  const metrics: Metric[] = [];
  const tokenVersions: string[] = [];

  const table = createSimulatedTable();
  const call: CallTable = options.callTable ?? (async (_what, effect) => effect());
  const { records, leases } = table.portsOf({ call, now: () => clock.now() });

  const wrap = options.sendHttp ?? ((send) => send);
  const sendHttp = wrap(cutTimeouts(createSendHttp(), clock, options.longestTimeoutMs ?? 300));
  const credentials =
    'credentials' in options ? options.credentials : JSON.stringify(SAMPLE_CLIENT);
  const write =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) =>
      void log.push({ level, message, fields });

  const environment = {
    ...QUEUES,
    ...SECRETS,
    REQUESTS_TABLE_NAME: 'requests',
    GENESYS_ENV: genesys.url,
    GENESYS_REQUESTS_PER_SECOND: String(options.requestsPerSecond ?? 1_000),
    MAX_PARTICIPANTS: String(options.maxParticipants ?? 20),
    REQUEST_MAX_RECEIVES: String(options.maxReceives ?? 1_000),
    WATCH_CONNECTIONS: String(options.watchConnections ?? false),
    ...options.env,
  };
  const lease = createMemoryItem();
  const budget = createMemoryCallWindow();
  /** When a delayed message becomes visible. */
  const dueAtMs = new WeakMap<OutgoingMessage, number>();
  const ports: Omit<AdderPorts, 'config'> = {
    sendHttp,
    getSecret: async (secretId, stage = 'AWSCURRENT') => {
      if (secretId === SECRETS.GENESYS_TOKEN_SECRET_ID) {
        if (options.tokenError) throw options.tokenError;
        const value = tokenVersions.at(-1);
        return value === undefined ? undefined : { value, versionId: '', stages: [stage] };
      }
      if (options.credentialsError) throw options.credentialsError;
      return credentials === undefined
        ? undefined
        : { value: credentials, versionId: '1', stages: [stage] };
    },
    putSecret: async (_, value) => void tokenVersions.push(value),
    openItem: () => lease,
    openCallWindow: () => budget,
    records,
    leases,
    clock,
    random: () => 0.5,
    randomUuid: randomUUID,
    sendMessage: async (message) => {
      dueAtMs.set(message, clock.now() + (message.delaySeconds ?? 0) * 1_000);
      if (options.sendMessage) await options.sendMessage(message);
      else sent.push(message);
    },
    changeVisibility: async (change) => void visibilities.push(change),
    log: options.logTo ?? {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    },
    putMetrics: (...more) => void metrics.push(...more),
  };
  const adder = createAdder({ ...ports, config: readAdderConfig(environment) });
  const followUp = createFollowUp({
    ...ports,
    records,
    config: readFollowUpConfig(environment),
  });
  const followUpContext = { getRemainingTimeInMillis: () => 50_000 };

  /** A message that is received again has the id of its last receive. */
  const messageIds = new Map<string, string>();
  const record = (message: unknown, delivery: DeliveryOptions = {}): SQSRecord => {
    const body = typeof message === 'string' ? message : JSON.stringify(message);
    const known = delivery.receiveCount === undefined ? undefined : messageIds.get(body);
    const messageId = known ?? randomUUID();
    messageIds.set(body, messageId);
    const conversationId = (message as { conversationId?: string })?.conversationId;
    return {
      messageId,
      receiptHandle: `receipt of ${messageId}`,
      body,
      attributes: {
        ApproximateReceiveCount: String(delivery.receiveCount ?? 1),
        SentTimestamp: String(delivery.sentAtMs ?? clock.now()),
        SenderId: 'AIDA',
        ApproximateFirstReceiveTimestamp: String(clock.now()),
        MessageGroupId: delivery.groupId ?? conversationId ?? 'no conversation',
        SequenceNumber: '1',
        MessageDeduplicationId: messageId,
      },
      messageAttributes: delivery.messageAttributes ?? {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:requests.fifo',
      awsRegion: 'us-east-1',
    };
  };
  const deliverBatch = (Records: SQSRecord[], remainingMs = 60_000) => {
    const endsAtMs = clock.now() + remainingMs;
    return adder({ Records }, { getRemainingTimeInMillis: () => endsAtMs - clock.now() });
  };
  const deliver = (message: unknown, delivery: DeliveryOptions = {}) =>
    deliverBatch([record(message, delivery)], delivery.remainingMs);

  return {
    genesys,
    clock,
    sent,
    visibilities,
    log,
    metrics,
    tokenVersions,
    records: table.records,
    storeToken(accessToken) {
      tokenVersions.push(
        JSON.stringify({
          accessToken,
          tokenUrl: `${genesys.url}/oauth/token`,
          issuedAt: new Date(clock.now()).toISOString(),
          expiresAt: new Date(clock.now() + 3_600_000).toISOString(),
        }),
      );
    },
    items: () => Promise.all([lease.read(), budget.read()]),
    deliver,
    deliverBatch,
    record,
    async settle(message, delivery) {
      const sentBefore = sent.length;
      const { batchItemFailures } = await deliver(message, delivery);
      if (batchItemFailures.length > 0) {
        const cause = log.findLast((line) => line.message === 'deferred')?.fields.cause;
        throw new Error(`handed back: ${cause}`);
      }
      const result = sent
        .slice(sentBefore)
        .find(({ queueUrl }) => queueUrl === QUEUES.AUDIT_QUEUE_URL);
      return (JSON.parse(result?.body ?? 'null') as AuditEvent).audit;
    },
    async settleInTheEnd(message, options = {}) {
      for (let receiveCount = 1; receiveCount < 100; receiveCount += 1) {
        const sentBefore = sent.length;
        const { batchItemFailures } = await deliver(message, { ...options, receiveCount });
        if (batchItemFailures.length > 0) {
          clock.advance((visibilities.at(-1)?.seconds ?? 0) * 1000);
          continue;
        }
        const result = sent
          .slice(sentBefore)
          .find(({ queueUrl }) => queueUrl === QUEUES.AUDIT_QUEUE_URL);
        return (JSON.parse(result?.body ?? 'null') as AuditEvent).audit;
      }
      throw new Error('no result after 100 receives');
    },
    reconcile: () => followUp({}, followUpContext),
    async deliverWatches() {
      const due = (message: OutgoingMessage) => dueAtMs.get(message) ?? 0;
      for (;;) {
        const [message] = sent.filter(isWatch).sort((a, b) => due(a) - due(b));
        if (!message) return;
        sent.splice(sent.indexOf(message), 1);
        clock.advance(Math.max(0, due(message) - clock.now()));
        const Records = [record(message.body)];
        const { batchItemFailures } = await followUp({ Records }, followUpContext);
        if (batchItemFailures.length > 0) throw new Error('the look failed');
      }
    },
    async accept(message) {
      const { request } = readMessage(record(message), clock.now());
      const context = { nowMs: clock.now(), writeId: randomUUID(), retentionMs: 86_400_000 };
      await records.create(newRecord(request, context));
    },
    async startRun(requestId, run) {
      const record = await records.get(requestId);
      if (!record) throw new Error('no such record');
      const context = { nowMs: clock.now(), writeId: randomUUID(), retentionMs: 86_400_000 };
      await records.replace(
        record,
        rerun(record, { run, deadlineMs: clock.now() + 600_000 }, context),
      );
    },
    stop: () => genesys.stop(),
  };
}

function isWatch({ queueUrl }: OutgoingMessage): boolean {
  return queueUrl === QUEUES.WATCH_QUEUE_URL;
}

/** The outcome of each participant, `code` behind it where there is one. */
export function outcomes({ participants }: { participants: ParticipantResult[] }): string[] {
  return participants.map(({ outcome, code, warning }) =>
    [outcome, code, warning].filter(Boolean).join(' '),
  );
}

function cutTimeouts(sendHttp: SendHttp, clock: SkippingClock, longestMs: number): SendHttp {
  return async (request) => {
    const timeoutMs = Math.min(request.timeoutMs, longestMs);
    const startedAtMs = Date.now();
    try {
      return await sendHttp({ ...request, timeoutMs });
    } catch (fault) {
      // What was cut off the time-out has passed all the same.
      if (Date.now() - startedAtMs >= timeoutMs) clock.advance(request.timeoutMs - timeoutMs);
      throw fault;
    }
  };
}
