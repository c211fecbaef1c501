import type { ApiEvent } from '../../lib/aws/api-request.ts';
import type { ApiResponse } from '../../lib/aws/problem-response.ts';
import { type LambdaFunction, wrapHandler } from '../../lib/wrap-handler.ts';
import { answerProblems } from './answer-problems.ts';
import { correlate } from './correlate.ts';
import { createHandler, type IntakeDeps } from './handler.ts';

export interface IntakePorts extends IntakeDeps {
  randomUuid: () => string;
}

export type IntakeFunction = LambdaFunction<ApiEvent, ApiResponse, object>;

/** Builds intake from its ports. */
export function createIntake(ports: IntakePorts): IntakeFunction {
  return wrapHandler(createHandler(ports), {
    log: ports.log,
    middlewares: [correlate(ports.randomUuid), answerProblems(ports)],
  });
}
