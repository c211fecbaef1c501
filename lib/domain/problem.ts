import type { FieldError } from './field-error.ts';
import type { ProblemDocument } from './problem-document.ts';

/**
 * Every refusal of the HTTP API. The kind is the last part of the problem's `type`, and stable.
 * Status and title follow from it.
 */
export const PROBLEMS = {
  'invalid-header': { status: 400, title: 'Invalid header' },
  'invalid-parameter': { status: 400, title: 'Invalid query parameter' },
  'no-body': { status: 400, title: 'Missing body' },
  'invalid-json': { status: 400, title: 'Invalid JSON' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'too-late': { status: 409, title: 'The request can no longer be cancelled' },
  'body-too-large': { status: 413, title: 'Body too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type or encoding' },
  'invalid-request': { status: 422, title: 'Invalid request' },
  'idempotency-key-reused': {
    status: 422,
    title: 'The idempotency key belongs to another request',
  },
  'quota-exceeded': { status: 429, title: "The caller's quota is used up" },
  'internal-error': { status: 500, title: 'Internal error' },
  'queue-unavailable': { status: 503, title: 'The request cannot be queued at the moment' },
  'table-unavailable': { status: 503, title: 'The request records cannot be reached' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemKind = keyof typeof PROBLEMS;

/** What is invalid: a place in the body, or the header or query parameter that is named. */
export interface ProblemPlace extends FieldError {
  header?: string;
  parameter?: string;
}

interface ProblemOptions {
  /** A sentence for a person. */
  detail: string;
  errors?: ProblemPlace[];
  /** Headers of the response, such as `Retry-After` of a 503. */
  headers?: Record<string, string>;
  cause?: unknown;
}

/** Thrown to respond with a problem document (RFC 9457). */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly status: number;
  readonly errors: ProblemPlace[] | undefined;
  readonly headers: Record<string, string>;

  constructor(kind: ProblemKind, { detail, errors, headers = {}, cause }: ProblemOptions) {
    super(detail, cause === undefined ? undefined : { cause });
    this.name = 'Problem';
    this.kind = kind;
    this.status = PROBLEMS[kind].status;
    this.errors = errors;
    this.headers = headers;
  }
}

export const problemType = (kind: ProblemKind) => `urn:genesys-automated-adder:problem:${kind}`;

/**
 * @param occurrenceId a UUID of this occurrence only (RFC 9457, section 3.1.5). The log line of the refusal has
 * it as `occurrence_id`
 */
export function toProblemDocument(problem: Problem, occurrenceId: string): ProblemDocument {
  const { status, title } = PROBLEMS[problem.kind];
  return {
    type: problemType(problem.kind),
    title,
    status,
    detail: problem.message,
    instance: `urn:uuid:${occurrenceId}`,
    ...(problem.errors ? { errors: problem.errors } : {}),
  };
}
