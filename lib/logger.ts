import { Logger } from '@aws-lambda-powertools/logger';
import { maskText } from './domain/mask-text.ts';
import { createRedactor } from './domain/redact.ts';

/** What the code needs of a logger. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The function's own credentials for AWS, which Lambda puts into its environment. */
const OWN_SECRETS = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;

/**
 * A structured logger: one JSON line an event, level from `POWERTOOLS_LOG_LEVEL`. Phone numbers and SIP
 * addresses are masked in every line, and the function's credentials for AWS are redacted.
 */
export function createLogger(serviceName: string): Log {
  const redactor = createRedactor();
  for (const name of OWN_SECRETS) redactor.addSecret(process.env[name] ?? '');
  const clear = (text: string) => maskText(redactor.redact(text));
  const logger = new Logger({
    serviceName,
    jsonReplacerFn: (_, value) => (typeof value === 'string' ? clear(value) : value),
  });
  return {
    debug: (message, fields = {}) => logger.debug(message, fields),
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
}
