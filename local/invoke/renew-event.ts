interface SqsRecord {
  body: string;
  attributes: Record<string, string>;
}

/**
 * Makes a sample SQS event look as if received now: moves its times, and those of the requests in it, by
 * the same span. Otherwise the requests of every sample would have expired. Other events are returned
 * unchanged.
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
  // A body without these times is returned unchanged, byte for byte.
  return times.length > 0 ? JSON.stringify({ ...message, ...Object.fromEntries(times) }) : body;
}
