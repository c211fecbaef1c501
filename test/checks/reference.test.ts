import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { main as writeReference } from '../../scripts/reference.ts';
import { describeApi } from '../../scripts/schemas/describe-api.ts';
import { CHROMIUM } from './chromium.ts';
import { describeWithChecks, runCheck } from './run-check.ts';

describeWithChecks('the reference that npm run reference writes', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reference-'));
    file = join(folder, 'reference.html');
    await writeReference([file]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('refers to no file but itself, and forbids itself to load one', async () => {
    const page = (await readFile(file, 'utf8')).replaceAll(/<script>.*?<\/script>/gs, '');
    expect(page).not.toMatch(/\b(?:src|href)=|url\(|@import/);
    expect(page).toContain("default-src 'none'");
  });

  if (!CHROMIUM) {
    process.stderr.write(
      '\nSKIPPED: "the reference in a browser". There is no Chromium: apt-get install -y chromium\n\n',
    );
    test.skip('needs Chromium', () => {});
    return;
  }
  const chromium: string = CHROMIUM;
  test('shows every operation and event in a browser without a network', async () => {
    const { paths, webhooks } = describeApi() as Record<
      'paths' | 'webhooks',
      Record<string, Record<string, { summary: string }>>
    >;
    const summaries = Object.values({ ...paths, ...webhooks }).flatMap((path) =>
      Object.values(path).map(({ summary }) => summary),
    );
    expect(summaries.length).toBe(8);
    const found = (await runCheck('open-page.mjs', [file, chromium, summaries[0] ?? ''])) as {
      shown: string;
      elsewhere: string[];
      faults: string[];
    };
    for (const summary of summaries) expect(found.shown).toContain(summary);
    expect(found.elsewhere).toEqual([]);
    expect(found.faults).toEqual([]);
  }, 120_000);
});
