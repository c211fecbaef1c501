/**
 * SQS's limit for a message: body and attributes (names, types and values) together, in bytes.
 */
const MAX_MESSAGE_BYTES = 1024 * 1024;

const MAX_ATTRIBUTES = 10;

/** Longest value of an attribute, in bytes of UTF-8. */
const MAX_VALUE_BYTES = 1_000;

/** Why a message is in the dead-letter queue, for operators. */
export interface DeadLetter {
  /** A stable code: one of `CODES`, or one of the relay's `DEAD_LETTER_REASONS`. */
  reason: string;
  /** A sentence for a person. */
  detail?: string | undefined;
  /** How often the message was received, including the last time. */
  tries: number;
  /** Milliseconds since the epoch. */
  firstReceivedAtMs: number;
  /** Milliseconds since the epoch. */
  lastReceivedAtMs: number;
  requestId?: string | undefined;
  correlationId?: string | undefined;
  /** Request queue: how often an operator has redriven this request; 0 for never. */
  redrive?: number | undefined;
  /** Audit queue: the event id, which a redrive keeps. */
  eventId?: string | undefined;
  /** Audit queue: the HTTP status of the last try, absent if there was no response. */
  lastStatus?: number | undefined;
  /** Audit queue: the error of the last delivery. */
  lastError?: string | undefined;
}

/**
 * The message attributes under which a message goes to its dead-letter queue, most important first.
 * @param body the body of the message, which is not changed. Attributes that would exceed SQS's limit are
 *   omitted.
 */
export function deadLetterAttributes(letter: DeadLetter, body: string): Record<string, string> {
  const wanted: Record<string, string | undefined> = {
    reason: letter.reason,
    request_id: letter.requestId,
    event_id: letter.eventId,
    redrive: letter.redrive ? String(letter.redrive) : undefined,
    tries: String(letter.tries),
    first_received_at: toTime(letter.firstReceivedAtMs),
    last_received_at: toTime(letter.lastReceivedAtMs),
    correlation_id: letter.correlationId,
    last_status: letter.lastStatus === undefined ? undefined : String(letter.lastStatus),
    detail: letter.detail,
    last_error: letter.lastError,
  };
  const attributes: Record<string, string> = {};
  let room = MAX_MESSAGE_BYTES - Buffer.byteLength(body);
  let count = 0;
  for (const [name, text] of Object.entries(wanted)) {
    const value = toAttributeValue(text ?? '');
    const bytes = Buffer.byteLength(name) + 'String'.length + Buffer.byteLength(value);
    if (value === '' || bytes > room || count === MAX_ATTRIBUTES) continue;
    attributes[name] = value;
    room -= bytes;
    count += 1;
  }
  return attributes;
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** SQS refuses an empty value and every character that XML 1.0 does not have. */
function toAttributeValue(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be replaced
  const clean = text.toWellFormed().replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd');
  const bytes = Buffer.from(clean, 'utf8');
  if (bytes.length <= MAX_VALUE_BYTES) return clean;
  // Cutting may halve a character; the decoder then gives U+FFFD, which has no place at the end.
  return `${bytes
    .subarray(0, MAX_VALUE_BYTES - 3)
    .toString('utf8')
    .replace(/\ufffd+$/, '')}…`;
}
