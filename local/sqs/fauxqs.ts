// The only file that imports internals of fauxqs, past its package exports. It requires the pinned
// version; test/integration/local-sqs.test.ts fails with any other.
export { SqsQueue, SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
export type {
  InflightEntry,
  ReceivedMessage,
  SqsMessage,
} from '../../node_modules/fauxqs/dist/sqs/sqsTypes.js';

/** The version whose internals `GroupBatchQueue` uses. */
export const FAUXQS_VERSION = '2.4.1';
