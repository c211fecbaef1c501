import { SQSClient } from '@aws-sdk/client-sqs';
import { createChangeVisibility } from '../../lib/aws/change-visibility.ts';
import type { GetSecret } from '../../lib/aws/get-secret.ts';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { readRelayConfig } from '../../lib/config.ts';
import { createSendHttp } from '../../lib/http/send-http.ts';
import { createLogger } from '../../lib/logger.ts';
import { createPutMetrics } from '../../lib/metrics.ts';
import { systemClock } from '../../lib/system-clock.ts';
import { createCheckedLookup } from '../../lib/webhook/checked-lookup.ts';
import { createHandler } from './handler.ts';

const config = readRelayConfig(process.env);

// Two tries end within 6.5 s. For a secret that is in good time before a batch's own tries; for SQS
// it is what is left after them.
const clientOptions = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
};
const sqs = new SQSClient(clientOptions);

let secrets: Promise<GetSecret> | undefined;
const getSecret: GetSecret = async (...secret) => {
  secrets ??= import('./open-secrets-manager.ts').then(({ openSecretsManager }) =>
    openSecretsManager(clientOptions),
  );
  return (await secrets)(...secret);
};

export const handler = createHandler({
  config,
  sendHttp: createSendHttp(),
  lookup: createCheckedLookup({ allowPrivate: config.WEBHOOK_ALLOW_PRIVATE === 'true' }),
  changeVisibility: createChangeVisibility(sqs),
  sendMessage: createSendMessage(sqs),
  getSecret,
  clock: systemClock,
  random: Math.random,
  log: createLogger('relay'),
  putMetrics: createPutMetrics('relay'),
});
