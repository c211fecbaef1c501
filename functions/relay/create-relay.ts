import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createRedactor } from '../../lib/domain/redact.ts';
import { createRedactingLog } from '../../lib/redacting-log.ts';
import { webhookUrlSecrets } from '../../lib/webhook/webhook-url-secrets.ts';
import { type LambdaFunction, wrapHandler } from '../../lib/wrap-handler.ts';
import { createHandler, type RelayContext, type RelayDeps } from './handler.ts';

export type RelayFunction = LambdaFunction<SQSEvent, SQSBatchResponse, RelayContext>;
export type RelayPorts = Omit<RelayDeps, 'redactor'>;

/** Builds the relay from its ports. */
export function createRelay(ports: RelayPorts): RelayFunction {
  const redactor = createRedactor();
  for (const text of webhookUrlSecrets(ports.config.EXTERNAL_WEBHOOK_URL)) redactor.addSecret(text);
  const log = createRedactingLog(ports.log, redactor);
  return wrapHandler(createHandler({ ...ports, redactor, log }), { log });
}
