import { Logger } from '@aws-lambda-powertools/logger';

/** What the code needs of a logger; Powertools' own fits. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** A structured logger: one JSON line an event, level from `POWERTOOLS_LOG_LEVEL`. */
export function createLogger(serviceName: string): Logger {
  return new Logger({ serviceName });
}
