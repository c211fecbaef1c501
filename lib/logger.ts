import { Logger } from '@aws-lambda-powertools/logger';

/** What the code needs of a logger. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** A structured logger: one JSON line an event, level from `POWERTOOLS_LOG_LEVEL`. */
export function createLogger(serviceName: string): Log {
  const logger = new Logger({ serviceName });
  return {
    debug: (message, fields = {}) => logger.debug(message, fields),
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
}
