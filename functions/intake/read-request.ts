import type { ApiRequest } from '../../lib/aws/api-request.ts';
import { readJsonBody } from '../../lib/aws/json-body.ts';
import { toFieldErrors } from '../../lib/domain/field-error.ts';
import { Problem, type ProblemPlace } from '../../lib/domain/problem.ts';
import { type RequestBody, requestBody } from '../../lib/domain/request-body.ts';
import { requestHeaders } from '../../lib/domain/request-headers.ts';
import { uuid } from '../../lib/domain/uuid.ts';

/** More wrong places than any honest request has; the answer must stay smaller than the body. */
const MAX_ERRORS = 100;

/** What a caller asks for: checked, every default filled in. */
export interface IntakeRequest {
  conversationId: string;
  body: RequestBody;
  idempotencyKey: string | undefined;
}

/** Reads and checks a request (contract 2). @throws Problem that names every wrong place */
export function readRequest(api: ApiRequest): IntakeRequest {
  const pathId = api.pathParameter('conversationId');
  if (pathId === undefined) {
    throw new Problem('not-found', {
      detail: 'Requests go to POST /conversations/{conversationId}/participants.',
    });
  }
  if (api.method !== 'POST') {
    throw new Problem('method-not-allowed', {
      detail: 'Participants are added with POST.',
      headers: { allow: 'POST' },
    });
  }
  const idempotencyKey = readIdempotencyKey(api);
  const json = readJsonBody(api);

  const conversationId = uuid.safeParse(pathId);
  const body = requestBody.safeParse(json);
  if (conversationId.success && body.success) {
    return { conversationId: conversationId.data, body: body.data, idempotencyKey };
  }
  throw wrongFields([
    ...(conversationId.success
      ? []
      : [{ pointer: '/conversationId', detail: 'must be a UUID (it is part of the path)' }]),
    ...(body.success ? [] : toFieldErrors(body.error.issues)),
  ]);
}

function wrongFields(errors: ProblemPlace[]): Problem {
  const count = errors.length === 1 ? 'One field is' : `${errors.length} fields are`;
  const cut = errors.length > MAX_ERRORS ? ` The first ${MAX_ERRORS} are listed.` : '';
  return new Problem('invalid-request', {
    detail: `${count} wrong.${cut}`,
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
