import { randomUUID } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import { AWS_CLIENT_SETTINGS } from '../../lib/aws/aws-client-settings.ts';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { readIntakeConfig } from '../../lib/config.ts';
import { createLogger } from '../../lib/logger.ts';
import { createPutMetrics } from '../../lib/metrics.ts';
import { startFunction } from '../../lib/start-function.ts';
import { systemClock } from '../../lib/system-clock.ts';
import { createIntake } from './create-intake.ts';

// Two tries end within 6.5 s: before the function's 10 s are over, and long before API Gateway's 30.
const sqs = new SQSClient({ ...AWS_CLIENT_SETTINGS, maxAttempts: 2 });
const ports = { log: createLogger('intake'), putMetrics: createPutMetrics('intake') };

export const handler = startFunction({
  ...ports,
  create: () =>
    createIntake({
      ...ports,
      config: readIntakeConfig(process.env),
      sendMessage: createSendMessage(sqs),
      clock: systemClock,
      randomUuid: randomUUID,
      traceHeader: () => process.env._X_AMZN_TRACE_ID,
    }),
});
