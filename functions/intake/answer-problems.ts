import type { MiddlewareObj } from '@middy/core';
import { type ApiResponse, problemResponse } from '../../lib/aws/problem-response.ts';
import { Problem } from '../../lib/domain/problem.ts';
import type { Log } from '../../lib/logger.ts';
import type { PutMetrics } from '../../lib/metrics.ts';
import type { Call } from './correlate.ts';

/** Field names that may be logged: any other part of a pointer is the caller's own text. */
const FIELDS = ['', 'conversationId', 'participants', 'id', 'address', 'role', 'deadlineSeconds'];

/** Middleware: answers every error with a problem document, logs and counts it. */
export function answerProblems(deps: {
  log: Log;
  putMetrics: PutMetrics;
}): MiddlewareObj<Call, ApiResponse> {
  return {
    onError: (request) => {
      const { requestId, correlationId, api } = request.event;
      const ids = { request_id: requestId, correlation_id: correlationId };
      const problem = toProblem(request.error);
      if (problem.kind === 'internal-error') {
        deps.log.error('defect', { ...ids, error: request.error });
      }
      deps.log.warn('refused', {
        ...ids,
        status: problem.status,
        problem: problem.kind,
        pointers: problem.errors?.map(({ pointer, header }) => header ?? withoutText(pointer)),
        requested_by: api.caller.name,
      });
      const name = problem.status < 500 ? 'RequestsRefused' : 'RequestsFailed';
      deps.putMetrics({ name, unit: 'Count', value: 1 });
      request.response = problemResponse(problem, requestId);
    },
  };
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('internal-error', {
    detail: 'The request was not queued. Please report this with the correlation id.',
    cause: error,
  });
}

const withoutText = (pointer: string) =>
  pointer
    .split('/')
    .map((part) => (FIELDS.includes(part) || /^\d{1,2}$/.test(part) ? part : '*'))
    .join('/');
