import type { Redactor } from './domain/redact.ts';
import type { Log } from './logger.ts';

/** A log that redacts known secrets in every message and field, as a last safeguard. */
export function createRedactingLog(log: Log, redactor: Redactor): Log {
  const level =
    (name: keyof Log): Log[keyof Log] =>
    (message, fields) =>
      log[name](redactor.redact(message), fields && redactFields(fields, redactor));
  return {
    debug: level('debug'),
    info: level('info'),
    warn: level('warn'),
    error: level('error'),
  };
}

function redactFields(
  fields: Record<string, unknown>,
  redactor: Redactor,
): Record<string, unknown> {
  return redactor.redactDeep(fields) as Record<string, unknown>;
}
