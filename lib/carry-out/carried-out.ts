import type { ReceiveEnd } from './receive-end.ts';

/** Why this service, and not Genesys Cloud, could not carry out a receive. */
export interface Fault {
  kind: 'table failed' | 'send failed' | 'defect';
  error: unknown;
}

/** What became of one receive of a request. */
export type CarriedOut =
  | Extract<ReceiveEnd, { kind: 'finished' }>
  | (Extract<ReceiveEnd, { kind: 'deferred' }> & { fault?: Fault })
  /** A request of this id and other content exists. */
  | { kind: 'conflict' }
  | { kind: 'other-run' };
