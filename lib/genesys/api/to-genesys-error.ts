import type { Disposition } from '../../domain/adder-error.ts';
import { asArray, asObject, asString, type Fields, parseJson } from '../../domain/json.ts';
import { cleanText } from '../../domain/redact.ts';
import { HttpError, type HttpResponse } from '../../http/send-http.ts';
import { type ExceededLimit, GenesysError, type Remedy } from './genesys-error.ts';
import { namedDelayMs } from './named-delay.ts';
import { hasRuleOfItsOwn, type Operation, ruleFor } from './response-rules.ts';

const OPERATION_NAMES: Record<Operation, string> = {
  token: 'requesting a token',
  'read-conversation': 'reading the conversation',
  'read-users': 'reading the users',
  'read-user': 'reading a user',
  add: 'adding participants',
};

/** The remaining error if a remedy did not help: a refused token means a refused client. */
const DISPOSITIONS: Record<Remedy, Disposition> = {
  reject: 'reject',
  fatal: 'fatal',
  retry: 'retry',
  're-read': 'retry',
  'new-token': 'fatal',
  'next-acting-user': 'retry',
  'look-again': 'reject',
};

/** The content of an error response. */
interface Complaint {
  /** The vendor's codes, the outermost first. */
  codes: string[];
  said: string | undefined;
  /** Possible ids of the users or entities that caused the error, in lower case. */
  blamed: string[];
  limit: ExceededLimit | undefined;
}

/** An error of the vendor lists errors of the same shape, which can list more. */
const DEEPEST_ERRORS = 3;

function withErrors(body: Fields, depth = 0): Fields[] {
  if (depth === DEEPEST_ERRORS) return [body];
  const errors = asArray(body.errors) ?? [];
  return [body, ...errors.flatMap((error) => withErrors(error, depth + 1))];
}

/** Longest vendor text in an error, a log line or a result. */
const LONGEST_TEXT = 500;
const LONGEST_CODE = 100;

function cleaned(text: string | undefined, maxLength: number): string | undefined {
  return text === undefined ? undefined : cleanText(text, maxLength);
}

/** Reads the vendor's `ErrorBody`, or OAuth's error response (RFC 6749, section 5.2). */
function readComplaint(body: Fields): Complaint {
  const bodies = withErrors(body);
  const details = bodies.flatMap((place) => asArray(place.details) ?? []);
  const ids = [
    ...[...bodies, ...details].map(({ entityId }) => entityId),
    ...bodies.flatMap(({ messageParams }) => Object.values(asObject(messageParams) ?? {})),
  ];
  const codes = [
    ...bodies.map(({ code, error }) => asString(code) ?? asString(error)),
    ...details.map(({ errorCode }) => asString(errorCode)),
  ];
  const texts = bodies.map(
    (place) =>
      asString(place.message) ??
      asString(place.messageWithParams) ??
      asString(place.error_description) ??
      asString(place.description),
  );
  return {
    codes: codes.filter((code) => code !== undefined).map((code) => cleanText(code, LONGEST_CODE)),
    said: cleaned(
      texts.find((text) => text !== undefined),
      LONGEST_TEXT,
    ),
    blamed: ids.filter((id) => typeof id === 'string').map((id) => id.toLowerCase()),
    limit: readLimit(bodies.map(({ limit }) => asObject(limit)).find(Boolean)),
  };
}

function readLimit(limit: Fields | undefined): ExceededLimit | undefined {
  const key = cleaned(asString(limit?.key), LONGEST_CODE);
  if (key === undefined) return undefined;
  const value = Number.isFinite(limit?.value) ? Number(limit?.value) : undefined;
  return { key, namespace: cleaned(asString(limit?.namespace), LONGEST_CODE), value };
}

/** Translates a response that is not a success. */
export function toGenesysError(
  operation: Operation,
  response: HttpResponse,
  nowMs: number,
): GenesysError {
  const { status } = response;
  const complaint = readComplaint(asObject(parseJson(response.body)) ?? {});
  const { codes, said, blamed, limit } = complaint;
  const vendorCode = codes.find((code) => hasRuleOfItsOwn(operation, status, code)) ?? codes[0];
  const rule = ruleFor(operation, status, vendorCode);
  const vendor = [vendorCode, said, limit && `limit ${limit.key} ${limit.value ?? ''}`.trim()]
    .filter(Boolean)
    .join(': ');
  const correlationId = response.headers['inin-correlation-id'];
  const message = [
    `Genesys Cloud responded with ${status} to ${OPERATION_NAMES[operation]}`,
    vendor ? ` (${vendor})` : '',
    `; ${rule.hint}`,
    correlationId ? ` [${correlationId}]` : '',
  ].join('');
  const retryAfterMs = namedDelayMs(response, said, nowMs);
  return new GenesysError(message, {
    code: rule.code,
    remedy: rule.remedy,
    disposition: DISPOSITIONS[rule.remedy],
    status,
    vendorCode,
    correlationId,
    blamed,
    limit,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Translates a call without a response. Its effect is unknown. */
export function httpErrorToGenesysError(operation: Operation, fault: unknown): unknown {
  if (!(fault instanceof HttpError)) return fault;
  return new GenesysError(
    `Genesys Cloud could not be reached for ${OPERATION_NAMES[operation]}: ${fault.message}`,
    { code: 'GENESYS_UNAVAILABLE', remedy: 'retry', disposition: 'retry', cause: fault },
  );
}

/** A success with an unexpected body, such as a proxy's page with status 200. */
export function unreadable(operation: Operation, response: HttpResponse): GenesysError {
  return new GenesysError(
    `Genesys Cloud responded with ${response.status} to ${OPERATION_NAMES[operation]}, but not with the requested JSON document`,
    {
      code: 'GENESYS_UNAVAILABLE',
      remedy: 'retry',
      disposition: 'retry',
      status: response.status,
      correlationId: response.headers['inin-correlation-id'],
    },
  );
}

/** A success whose document is too large for the function. A retry would not help. */
export function tooLarge(operation: Operation, response: HttpResponse): GenesysError {
  return new GenesysError(
    `Genesys Cloud responded with ${response.status} to ${OPERATION_NAMES[operation]}, with a document that is too large for the service`,
    {
      code: 'DOCUMENT_TOO_LARGE',
      remedy: 'reject',
      disposition: 'reject',
      status: response.status,
      correlationId: response.headers['inin-correlation-id'],
    },
  );
}
