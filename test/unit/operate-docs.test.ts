import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

// Bug: the page told operators to search for a log message that no function writes. Fix: this test.
test('every log message that docs/operate.md searches for or explains is in the code', () => {
  const page = readFileSync(path('docs/operate.md'), 'utf8');
  const searched = [...page.matchAll(/\$\.message = "([^"]+)"/g)];
  const explained = [...page.matchAll(/^- `([a-z]+(?: [a-z]+)+)`/gm)];
  const quoted = new Set([...searched, ...explained].map(([, text]) => text ?? ''));
  const code = ['functions', 'lib']
    .flatMap((folder) =>
      readdirSync(path(folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(path(`${folder}/${name}`), 'utf8')),
    )
    .join('\n');
  expect(quoted.size).toBeGreaterThan(4);
  expect([...quoted].filter((text) => !code.includes(text))).toEqual([]);
});
