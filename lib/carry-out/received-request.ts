import type { NewRequest } from '../domain/record-transitions.ts';

/** One message of the request queue. */
export interface ReceivedRequest {
  /** Becomes the record if none exists. */
  request: NewRequest;
  /** SQS `ApproximateReceiveCount`, this receive included. */
  receiveCount: number;
  /** The redrive limit of the queue. */
  maxReceives: number;
  /** Calls to Genesys Cloud end by then. Milliseconds since the epoch. */
  finishByMs: number;
  /** Waits in the function end by then. Milliseconds since the epoch. Default: in ten seconds */
  waitByMs?: number | undefined;
  /**
   * The run that the message claims to begin. It is this request's message only if the record is in
   * that run.
   */
  claimedRun?: number | undefined;
}
