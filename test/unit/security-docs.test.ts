import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const path = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const text = readFileSync(path('docs/security.md'), 'utf8');

describe('docs/security.md', () => {
  test('names tests that exist', () => {
    const named = [...text.matchAll(/`(test\/[\w/.-]+)`/g)].map(([, file = '']) => file);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((file) => !existsSync(path(file)))).toEqual([]);
  });

  test('names a test for each attack', () => {
    const rows = text
      .split('\n## Data protection')[0]
      ?.split('\n')
      .filter((line) => /^\| to /.test(line));
    expect(rows?.length).toBeGreaterThan(20);
    expect(rows?.filter((row) => !/`test\/[^`]+` \|$/.test(row))).toEqual([]);
  });

  test('covers every kind of attacker', () => {
    for (const who of ['Caller', 'Sender', 'Operator', 'Genesys Cloud', 'Receiver', 'network']) {
      expect(text).toMatch(new RegExp(`^### .*${who}`, 'm'));
    }
  });
});
