import type { Cause } from '../domain/add-flow/state.ts';
import type { RequestRecord } from '../domain/request-record.ts';

/** How a receive ended. */
export type ReceiveEnd =
  | { kind: 'finished'; record: RequestRecord; deadLetter?: Cause }
  | ({ kind: 'deferred'; untilMs: number } & Cause);
