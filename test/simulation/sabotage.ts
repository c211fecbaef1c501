import type { SQSRecord } from 'aws-lambda';
import type { SendHttp } from '../../lib/http/send-http.ts';
import type { AwsPorts } from './simulated-aws.ts';

/** Defects between the functions and the outside, which the invariants have to detect. */
export interface Sabotage {
  /** Ports of every function to AWS. */
  ports?: (ports: AwsPorts) => AwsPorts;
  /** Ports of the adder to AWS. */
  adderPorts?: (ports: AwsPorts) => AwsPorts;
  /** Ports of the relay to AWS; `inHand` returns the messages of its current batch. */
  relayPorts?: (ports: AwsPorts, inHand: () => readonly SQSRecord[]) => AwsPorts;
  /** The adder's HTTP client for Genesys Cloud. */
  adderHttp?: (sendHttp: SendHttp) => SendHttp;
  /** The relay's HTTP client for the webhook. */
  relayHttp?: (sendHttp: SendHttp) => SendHttp;
}
