import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { PROBLEMS } from '../../lib/domain/problem.ts';
import { requestBody } from '../../lib/domain/request-body.ts';
import { parseRequestMessage } from '../../lib/domain/request-message.ts';
import { OPENAPI_EXAMPLES } from '../../scripts/schemas/openapi-examples.ts';

const page = readFileSync(new URL('../../docs/calling.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, json = '']) =>
  JSON.parse(json),
);

/** The examples of the page that have a field, which tells what they are of. */
const having = (field: string) => examples.filter((example) => field in example);

describe('docs/calling.md', () => {
  test('shows problems that the OpenAPI document is tested to have', () => {
    const known = Object.values(OPENAPI_EXAMPLES.problems);
    for (const problem of having('type')) expect(known).toContainEqual(problem);
  });

  test.each(Object.entries(PROBLEMS))(
    'tells of the problem %s and its status',
    (kind, { status }) => {
      const row = page
        .split('\n')
        .find((line) => line.startsWith('|') && line.includes(`\`${kind}\``));
      expect(row).toContain(String(status));
    },
  );

  test('shows the response to an accepted request', () => {
    expect(having('status').filter(({ status }) => status === 'QUEUED')).toEqual([
      OPENAPI_EXAMPLES.accepted,
    ]);
  });

  test('shows requests and messages that are taken', () => {
    const requests = having('participants').filter((example) => !('status' in example));
    expect(requests).toHaveLength(4);
    for (const request of requests) {
      const isMessage = 'conversationId' in request;
      const origin = { messageId: 'm', sentAtMs: 0 };
      expect([
        request,
        isMessage
          ? parseRequestMessage(JSON.stringify(request), origin).ok
          : requestBody.safeParse(request).success,
      ]).toEqual([request, true]);
    }
  });

  test('shows a request as the OpenAPI document does', () => {
    expect(having('finishedAt')).toEqual([OPENAPI_EXAMPLES.request]);
  });

  test('shows nothing else', () => {
    expect(having('type').length + having('participants').length + 1).toBe(examples.length);
  });
});
