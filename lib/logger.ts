import { Logger } from '@aws-lambda-powertools/logger';
import { maskText } from './domain/mask-text.ts';

/** What the code needs of a logger. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/**
 * A structured logger: one JSON line an event, level from `POWERTOOLS_LOG_LEVEL`. Phone numbers and SIP
 * addresses are masked in every line.
 */
export function createLogger(serviceName: string): Log {
  const logger = new Logger({
    serviceName,
    jsonReplacerFn: (_, value) => (typeof value === 'string' ? maskText(value) : value),
  });
  return {
    debug: (message, fields = {}) => logger.debug(message, fields),
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
}
