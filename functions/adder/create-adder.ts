import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ChangeVisibility } from '../../lib/aws/change-visibility.ts';
import type { DeleteMessage } from '../../lib/aws/delete-message.ts';
import { explainDeniedSends } from '../../lib/aws/explain-denied-sends.ts';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import { createSendWatch } from '../../lib/aws/send-watch.ts';
import {
  createGenesysPorts,
  type GenesysPortsOptions,
} from '../../lib/carry-out/create-genesys-ports.ts';
import { explainDeniedRecords } from '../../lib/carry-out/explain-denied-records.ts';
import { createNotFoundMemory } from '../../lib/carry-out/not-found-memory.ts';
import type { AdderConfig } from '../../lib/config.ts';
import { createAddressPolicy } from '../../lib/domain/allowed-addresses.ts';
import type { ConversationLeases } from '../../lib/records/conversation-lease.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import { type LambdaFunction, wrapHandler } from '../../lib/wrap-handler.ts';
import { type AdderContext, createHandler } from './handler.ts';

export interface AdderPorts extends Omit<GenesysPortsOptions, 'config'> {
  config: AdderConfig;
  records: Pick<RecordStore, 'create' | 'get' | 'replace'>;
  leases: ConversationLeases;
  sendMessage: SendMessage;
  changeVisibility: ChangeVisibility;
  /** Absent: Lambda alone deletes messages, when their batch ends. */
  deleteMessage?: DeleteMessage;
}

export type AdderFunction = LambdaFunction<SQSEvent, SQSBatchResponse, AdderContext>;

/** Builds the adder from its ports. */
export function createAdder(ports: AdderPorts): AdderFunction {
  const { config, clock, random, putMetrics } = ports;
  const sendMessage = explainDeniedSends(ports.sendMessage);
  const { client, users, allowance, tokens, clean, log } = createGenesysPorts(ports);
  // Lambda gives a function a whole processor while its module is loading, and a fraction afterwards.
  tokens.prefetch();
  const handler = createHandler({
    config,
    records: explainDeniedRecords(ports.records),
    leases: ports.leases,
    allowance,
    client,
    users,
    notFound: createNotFoundMemory(clock),
    clock,
    random,
    maxParticipants: config.MAX_PARTICIPANTS,
    refuseAddress: createAddressPolicy(config.ALLOWED_ADDRESSES),
    clean,
    newWriteId: ports.randomUuid,
    retentionMs: config.RECORD_RETENTION_DAYS * 86_400_000,
    scheduleWatch: config.WATCH_CONNECTIONS
      ? createSendWatch({ sendMessage, queueUrl: config.WATCH_QUEUE_URL, clock, log })
      : undefined,
    sendMessage,
    changeVisibility: ports.changeVisibility,
    deleteMessage: ports.deleteMessage,
    log,
    putMetrics,
  });
  return wrapHandler(handler, { log });
}
