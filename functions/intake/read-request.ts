import type { ApiRequest } from '../../lib/aws/api-request.ts';
import { readJsonBody } from '../../lib/aws/json-body.ts';
import type { AddressPolicy } from '../../lib/domain/allowed-addresses.ts';
import { toFieldErrors } from '../../lib/domain/field-error.ts';
import { Problem, type ProblemPlace } from '../../lib/domain/problem.ts';
import { type RequestBody, requestBody } from '../../lib/domain/request-body.ts';
import { requestHeaders } from '../../lib/domain/request-headers.ts';
import { uuid } from '../../lib/domain/uuid.ts';

/** Maximum number of listed errors, so that the response stays smaller than the body. */
const MAX_ERRORS = 100;

/** A valid request with all defaults. */
export interface IntakeRequest {
  conversationId: string;
  body: RequestBody;
  idempotencyKey: string | undefined;
}

/** Reads and validates a request. @throws Problem that names every invalid field */
export type ReadRequest = (api: ApiRequest) => IntakeRequest;

export function createReadRequest(checkRequest: CheckRequest): ReadRequest {
  return (api) => {
    const pathId = api.pathParameter('conversationId');
    // API Gateway does not match a trailing slash. Other servers in front may.
    if (pathId === undefined || api.path.endsWith('/')) {
      throw new Problem('not-found', {
        detail: 'Use POST /conversations/{conversationId}/participants.',
      });
    }
    if (api.method !== 'POST') {
      throw new Problem('method-not-allowed', {
        detail: 'Use POST to add participants.',
        headers: { allow: 'POST' },
      });
    }
    const idempotencyKey = readIdempotencyKey(api);
    const checked = checkRequest(pathId, readJsonBody(api));
    if (!checked.ok) throw invalidFields(checked.errors);
    const { conversationId, body } = checked;
    return { conversationId, body, idempotencyKey };
  };
}

export type CheckedRequest =
  | { ok: true; conversationId: string; body: RequestBody }
  | { ok: false; errors: ProblemPlace[] };

/** Validates a conversation id and a body. */
export type CheckRequest = (conversationId: unknown, body: unknown) => CheckedRequest;

export function createCheckRequest(addressPolicy: AddressPolicy): CheckRequest {
  return (pathId, json) => {
    const conversationId = uuid.safeParse(pathId);
    const body = requestBody.safeParse(json);
    const errors = [
      ...(conversationId.success
        ? []
        : [{ pointer: '/conversationId', detail: 'must be a UUID (it is part of the path)' }]),
      ...(body.success
        ? refusedAddresses(body.data, addressPolicy)
        : toFieldErrors(body.error.issues)),
    ];
    if (errors.length > 0 || !conversationId.success || !body.success) return { ok: false, errors };
    return { ok: true, conversationId: conversationId.data, body: body.data };
  };
}

function refusedAddresses({ participants }: RequestBody, policy: AddressPolicy): ProblemPlace[] {
  return participants.flatMap(({ address }, index) => {
    const refusal = address === undefined ? undefined : policy(address);
    if (!refusal) return [];
    return [
      {
        pointer: `/participants/${index}/address`,
        detail: `is not allowed (${refusal.code}): ${refusal.detail}`,
      },
    ];
  });
}

function invalidFields(errors: ProblemPlace[]): Problem {
  const count = errors.length === 1 ? 'One field is' : `${errors.length} fields are`;
  const cut = errors.length > MAX_ERRORS ? ` The first ${MAX_ERRORS} are listed.` : '';
  return new Problem('invalid-request', {
    detail: `${count} invalid.${cut}`,
    errors: errors.slice(0, MAX_ERRORS),
  });
}

const HEADER_NAMES: Record<string, string> = {
  'idempotency-key': 'Idempotency-Key',
  'x-correlation-id': 'X-Correlation-Id',
};

function readIdempotencyKey({ header }: ApiRequest): string | undefined {
  const headers = requestHeaders.safeParse({
    'idempotency-key': header('idempotency-key'),
    'x-correlation-id': header('x-correlation-id'),
  });
  if (headers.success) return headers.data['idempotency-key'];
  const errors = headers.error.issues.map((issue) => ({
    pointer: '',
    header: HEADER_NAMES[String(issue.path[0])] ?? '',
    detail: issue.message,
  }));
  throw new Problem('invalid-header', {
    detail: `${errors.map(({ header, detail }) => `The header ${header} ${detail}`).join('. ')}.`,
    errors,
  });
}
