import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { describeWithChecks, runCheck } from './run-check.ts';

const openapi = fileURLToPath(new URL('../../schemas/openapi.json', import.meta.url));

describeWithChecks('schemas/openapi.json', () => {
  test('passes a linter that knows OpenAPI 3.1', async () => {
    const report = await runCheck('node_modules/@redocly/cli/bin/cli.js', [
      'lint',
      openapi,
      '--extends=recommended-strict',
      '--format=json',
    ]);
    expect(report).toMatchObject({ problems: [] });
  });
});
