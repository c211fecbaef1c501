import { type Problem, toProblemDocument } from '../domain/problem.ts';

/** The response of a function behind API Gateway, for both payload formats. */
export interface ApiResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

export function jsonResponse(statusCode: number, document: object): ApiResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  };
}

/** A problem as a response (RFC 9457). @param occurrenceId see `toProblemDocument` */
export function problemResponse(problem: Problem, occurrenceId: string): ApiResponse {
  return {
    statusCode: problem.status,
    headers: { ...problem.headers, 'content-type': 'application/problem+json' },
    body: JSON.stringify(toProblemDocument(problem, occurrenceId)),
  };
}
