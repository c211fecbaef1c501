interface SqsRecord {
  body: string;
  attributes: Record<string, string>;
}

/**
 * A sample of SQS as it would be had it come just now: its times, and those in the requests it
 * holds, are moved by the same span. A sample is never young; left as it is, each of its requests
 * would have expired. Events of other kinds are returned as they are.
 */
export function renewEvent(event: unknown, nowMs: number): unknown {
  const records = (event as { Records?: SqsRecord[] } | null)?.Records;
  const receivedAtMs = Number(records?.[0]?.attributes?.ApproximateFirstReceiveTimestamp);
  if (!records || !receivedAtMs) return event;
  const spanMs = nowMs - receivedAtMs;
  return {
    ...(event as object),
    Records: records.map((record) => ({
      ...record,
      body: renewBody(record.body, spanMs),
      attributes: Object.fromEntries(
        Object.entries(record.attributes).map(([name, value]) => [
          name,
          name.endsWith('Timestamp') ? String(Number(value) + spanMs) : value,
        ]),
      ),
    })),
  };
}

function renewBody(body: string, spanMs: number): string {
  let message: Record<string, unknown>;
  try {
    message = JSON.parse(body);
  } catch {
    return body;
  }
  const times = ['requestedAt', 'deadline'].flatMap((name) => {
    const atMs = Date.parse(String(message?.[name]));
    return Number.isNaN(atMs) ? [] : [[name, new Date(atMs + spanMs).toISOString()]];
  });
  // Untouched where there is nothing to move: a body that is not ours must stay what it is.
  return times.length > 0 ? JSON.stringify({ ...message, ...Object.fromEntries(times) }) : body;
}
