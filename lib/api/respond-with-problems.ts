import type { MiddlewareObj } from '@middy/core';
import { type ApiResponse, problemResponse } from '../aws/problem-response.ts';
import { Problem } from '../domain/problem.ts';
import type { Log } from '../logger.ts';
import type { PutMetrics } from '../metrics.ts';
import type { Call } from './correlate.ts';

/** Field names that may be logged. Other parts of a pointer are the caller's text. */
const FIELDS = [
  '',
  'conversationId',
  'participants',
  'id',
  'address',
  'role',
  'deadlineSeconds',
  'dryRun',
  'onlyIfReachable',
  'actingUserId',
];

export interface RespondWithProblemsDeps {
  log: Log;
  putMetrics: PutMetrics;
}

/** Middleware: turns every error into a problem document, logs and counts it. */
export function respondWithProblems(
  deps: RespondWithProblemsDeps,
): MiddlewareObj<Call, ApiResponse> {
  return {
    onError: (request) => {
      const { requestId, occurrenceId, correlationId, api } = request.event;
      const ids = {
        request_id: requestId,
        occurrence_id: occurrenceId,
        correlation_id: correlationId,
      };
      const problem = toProblem(request.error);
      if (problem.kind === 'internal-error') {
        deps.log.error('defect', { ...ids, error: request.error });
      }
      deps.log.warn('refused', {
        ...ids,
        status: problem.status,
        problem: problem.kind,
        pointers: problem.errors?.map(
          ({ pointer, header, parameter }) => header ?? parameter ?? withoutText(pointer),
        ),
        requested_by: api.caller.name,
      });
      const name = problem.status < 500 ? 'RequestsRefused' : 'RequestsFailed';
      deps.putMetrics({ name, unit: 'Count', value: 1 });
      request.response = problemResponse(problem, occurrenceId);
    },
  };
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('internal-error', {
    detail: 'A defect in the service. Report it with the correlation id.',
    cause: error,
  });
}

const withoutText = (pointer: string) =>
  pointer
    .split('/')
    .map((part) => (FIELDS.includes(part) || /^\d{1,2}$/.test(part) ? part : '*'))
    .join('/');
