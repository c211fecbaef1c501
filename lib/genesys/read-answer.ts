import * as z from 'zod/mini';
import type { Disposition } from '../domain/errors.ts';
import { parseRetryAfter } from '../http/retry-after.ts';
import { HttpFault, type HttpResponse } from '../http/send-http.ts';
import { type Operation, ruleFor } from './answer-table.ts';
import { GenesysError, type Remedy } from './genesys-error.ts';
import { readRateLimit } from './rate-limit-headers.ts';
import { entriesOf, optionalText } from './tolerant.ts';

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

/** The vendor's `ErrorBody`, and OAuth's error answer (RFC 6749, section 5.2), as far as read here. */
const blame = z.object({ entityId: optionalText });
const errorBody = z.object({
  message: optionalText,
  code: optionalText,
  entityId: optionalText,
  details: z.catch(entriesOf(blame), []),
  errors: z.catch(
    entriesOf(z.object({ entityId: optionalText, details: z.catch(entriesOf(blame), []) })),
    [],
  ),
  messageParams: z.catch(z.record(z.string(), z.unknown()), {}),
  error: optionalText,
  error_description: optionalText,
  description: optionalText,
});

/** The body as JSON; `undefined` for anything else, such as a gateway's HTML. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
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
  const parsed = errorBody.safeParse(parseJson(response.body));
  const body = parsed.success ? parsed.data : undefined;
  const vendorCode = body?.code ?? body?.error;
  const rule = ruleFor(operation, response.status, vendorCode);
  const said = body?.message ?? body?.error_description ?? body?.description;
  const vendor = [vendorCode, said].filter(Boolean).join(': ');
  const correlationId = response.headers['inin-correlation-id'];
  const message = [
    `Genesys Cloud answered ${response.status} to ${OPERATION_NAMES[operation]}`,
    vendor ? ` (${vendor})` : '',
    `; ${rule.hint}`,
    correlationId ? ` [${correlationId}]` : '',
  ].join('');
  const blamed = [
    body?.entityId,
    ...(body?.details ?? []).map((detail) => detail.entityId),
    ...(body?.errors ?? []).flatMap((error) => [
      error.entityId,
      ...error.details.map((detail) => detail.entityId),
    ]),
    ...Object.values(body?.messageParams ?? {}),
  ];
  const retryAfterMs = namedDelayMs(response, nowMs);
  return new GenesysError(message, {
    code: rule.code,
    remedy: rule.remedy,
    disposition: DISPOSITIONS[rule.remedy],
    status: response.status,
    vendorCode,
    correlationId,
    blamed: blamed.filter((id) => typeof id === 'string').map((id) => id.toLowerCase()),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Translates a call that got no answer. What it did on the other side is unknown. */
export function faultToGenesysError(operation: Operation, fault: unknown): unknown {
  if (!(fault instanceof HttpFault)) return fault;
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
