// The only file that reaches into fauxqs, past its package exports. It is written against the
// pinned version; test/integration/local-sqs.test.ts fails if another one gets installed.
export { SqsQueue, SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
export type {
  InflightEntry,
  ReceivedMessage,
  SqsMessage,
} from '../../node_modules/fauxqs/dist/sqs/sqsTypes.js';

/** The version whose internals `GroupBatchQueue` was written against. */
export const FAUXQS_VERSION = '2.4.1';
