/** One line of a function's log, as Powertools writes it. */
export interface LogEntry {
  level: string;
  message: string;
  service: string;
  /** RFC 3339 */
  timestamp: string;
  correlation_id?: string;
  [field: string]: unknown;
}

/**
 * Reads a line that a function has written.
 * @returns `undefined` for lines of metrics, the line itself where it is no log entry
 */
export function readLogLine(line: string): LogEntry | string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return line;
  }
  if (typeof json !== 'object' || json === null) return line;
  if ('_aws' in json) return undefined;
  return 'level' in json && 'message' in json ? (json as LogEntry) : line;
}
