import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { describeWithChecks, runCheck } from './run-check.ts';

const asyncapi = fileURLToPath(new URL('../../schemas/asyncapi.json', import.meta.url));

interface Report {
  findings: { code: string; message: string }[];
  operations: string[];
}
const validate = async (file: string) =>
  (await runCheck('validate-asyncapi.mjs', [file])) as Report;

describeWithChecks('schemas/asyncapi.json', () => {
  test('is valid to AsyncAPI’s own parser', async () => {
    const { findings, operations } = await validate(asyncapi);
    // A later minor version of the format is no fault of the document.
    expect(findings.filter(({ code }) => code !== 'asyncapi-latest-version')).toEqual([]);
    expect(operations.sort()).toEqual(['receiveRequest', 'sendEvent']);
  });

  test('would not be valid with an unknown action, or a channel that is not there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'asyncapi-'));
    const file = join(folder, 'asyncapi.json');
    try {
      const document = await readFile(asyncapi, 'utf8');
      for (const [part, spoiled, code] of [
        ['"action": "send"', '"action": "shout"', 'asyncapi-document-resolved'],
        ['"#/channels/requests"', '"#/channels/gone"', 'invalid-ref'],
      ] as const) {
        await writeFile(file, document.replace(part, spoiled));
        expect((await validate(file)).findings.map((finding) => finding.code)).toContain(code);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
