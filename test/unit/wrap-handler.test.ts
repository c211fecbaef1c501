import { describe, expect, test } from '@jest/globals';
import { wrapHandler } from '../../lib/wrap-handler.ts';

function recordLog() {
  const lines: unknown[][] = [];
  const write =
    (level: string) =>
    (...line: unknown[]) =>
      void lines.push([level, ...line]);
  const log = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  return { lines, log };
}

const context = { awsRequestId: 'invocation-1' };

describe('a wrapped function', () => {
  test('gets its event and its context, and its partial batch response is returned', async () => {
    const { lines, log } = recordLog();
    const seen: unknown[] = [];
    const response = { batchItemFailures: [{ itemIdentifier: 'm-2' }] };
    const wrapped = wrapHandler(
      async (event: { Records: string[] }, given: typeof context) => {
        seen.push(event, given);
        return response;
      },
      { log },
    );
    expect(await wrapped({ Records: ['m-1', 'm-2'] }, context)).toEqual(response);
    expect(seen).toEqual([{ Records: ['m-1', 'm-2'] }, context]);
    expect(lines).toEqual([]);
  });

  test('that throws logs a defect and throws it on, so that Lambda counts the error', async () => {
    const { lines, log } = recordLog();
    const error = new TypeError('undefined is not iterable');
    const wrapped = wrapHandler(() => Promise.reject(error), { log });
    await expect(wrapped({}, context)).rejects.toBe(error);
    expect(lines).toEqual([['error', 'defect', { function_request_id: 'invocation-1', error }]]);
  });

  test('that is denied access logs that', async () => {
    const { lines, log } = recordLog();
    const error = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    const wrapped = wrapHandler(() => Promise.reject(error), { log });
    await expect(wrapped({}, context)).rejects.toBe(error);
    expect(lines).toEqual([
      ['error', 'access denied', { function_request_id: 'invocation-1', error }],
    ]);
  });

  test('whose middleware makes a response of an error logs no defect', async () => {
    const { lines, log } = recordLog();
    const response = { statusCode: 503 };
    const wrapped = wrapHandler(() => Promise.reject(new Error('no queue')), {
      log,
      middlewares: [{ onError: (request) => void Object.assign(request, { response }) }],
    });
    expect(await wrapped({}, context)).toEqual(response);
    expect(lines).toEqual([]);
  });
});
