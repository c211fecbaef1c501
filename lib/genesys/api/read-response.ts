import type { Disposition } from '../../domain/errors.ts';
import { asArray, asObject, asString, type Fields, parseJson } from '../../domain/json.ts';
import { parseRetryAfter } from '../../http/retry-after.ts';
import { HttpError, type HttpResponse } from '../../http/send-http.ts';
import { readRateLimit } from '../pace/rate-limit-headers.ts';
import { GenesysError, type Remedy } from './genesys-error.ts';
import { type Operation, ruleFor } from './response-rules.ts';

const OPERATION_NAMES: Record<Operation, string> = {
  token: 'asking for a token',
  'read-conversation': 'reading the conversation',
  'read-users': 'reading the users',
  'read-user': 'reading a user',
  add: 'adding participants',
};

/** What a remedy comes down to where it has not helped: a refused token is a refused client. */
const DISPOSITIONS: Record<Remedy, Disposition> = {
  reject: 'reject',
  fatal: 'fatal',
  retry: 'retry',
  're-read': 'retry',
  'new-token': 'fatal',
};

/** What an error answer says. */
interface Complaint {
  vendorCode: string | undefined;
  said: string | undefined;
  /** Everything in it that may be the id of somebody or something that is to blame, in lower case. */
  blamed: string[];
}

/** Reads the vendor's `ErrorBody`, or OAuth's error answer (RFC 6749, section 5.2). */
function readComplaint(body: Fields): Complaint {
  const errors = asArray(body.errors) ?? [];
  const places = [body, ...errors].flatMap((place) => [place, ...(asArray(place.details) ?? [])]);
  const ids = [
    ...places.map(({ entityId }) => entityId),
    ...Object.values(asObject(body.messageParams) ?? {}),
  ];
  return {
    vendorCode: asString(body.code) ?? asString(body.error),
    said: asString(body.message) ?? asString(body.error_description) ?? asString(body.description),
    blamed: ids.filter((id) => typeof id === 'string').map((id) => id.toLowerCase()),
  };
}

/**
 * The delay that an answer names, in milliseconds: `Retry-After`, or for a 429 whose headers say
 * that the window is used up, the window's end. Never capped: delays up to 58 s are normal (FACTS,
 * "Limits").
 */
function namedDelayMs({ status, headers }: HttpResponse, nowMs: number): number | undefined {
  const retryAfterMs = parseRetryAfter(headers['retry-after'], nowMs);
  if (retryAfterMs !== undefined || status !== 429) return retryAfterMs;
  const { count, allowed, resetSeconds } = readRateLimit(headers);
  const usedUp = count !== undefined && allowed !== undefined && count >= allowed;
  return usedUp && resetSeconds !== undefined ? resetSeconds * 1000 : undefined;
}

/** Translates an answer that is no success. */
export function toGenesysError(
  operation: Operation,
  response: HttpResponse,
  nowMs: number,
): GenesysError {
  const { vendorCode, said, blamed } = readComplaint(asObject(parseJson(response.body)) ?? {});
  const rule = ruleFor(operation, response.status, vendorCode);
  const vendor = [vendorCode, said].filter(Boolean).join(': ');
  const correlationId = response.headers['inin-correlation-id'];
  const message = [
    `Genesys Cloud answered ${response.status} to ${OPERATION_NAMES[operation]}`,
    vendor ? ` (${vendor})` : '',
    `; ${rule.hint}`,
    correlationId ? ` [${correlationId}]` : '',
  ].join('');
  const retryAfterMs = namedDelayMs(response, nowMs);
  return new GenesysError(message, {
    code: rule.code,
    remedy: rule.remedy,
    disposition: DISPOSITIONS[rule.remedy],
    status: response.status,
    vendorCode,
    correlationId,
    blamed,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Translates a call that got no answer. What it did on the other side is unknown. */
export function httpErrorToGenesysError(operation: Operation, fault: unknown): unknown {
  if (!(fault instanceof HttpError)) return fault;
  return new GenesysError(
    `Genesys Cloud could not be reached for ${OPERATION_NAMES[operation]}: ${fault.message}`,
    { code: 'GENESYS_UNAVAILABLE', remedy: 'retry', disposition: 'retry', cause: fault },
  );
}

/** A success whose body is not what was asked for, such as a proxy's page with status 200. */
export function unreadable(operation: Operation, response: HttpResponse): GenesysError {
  return new GenesysError(
    `Genesys Cloud answered ${response.status} to ${OPERATION_NAMES[operation]} with something that is not the JSON document asked for`,
    {
      code: 'GENESYS_UNAVAILABLE',
      remedy: 'retry',
      disposition: 'retry',
      status: response.status,
      correlationId: response.headers['inin-correlation-id'],
    },
  );
}
