import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../../docs/calling.md', import.meta.url), 'utf8');

/** The sample in docs/calling.md whose first line is a comment with this file name. */
export function sampleOf(fileName: string): string {
  for (const [, code = ''] of page.matchAll(/^```\w+\n(.*?)^```$/gms)) {
    if (/^(?:\/\/|#) (\S+)\n/.exec(code)?.[1] === fileName) return code;
  }
  throw new Error(`docs/calling.md has no sample ${fileName}`);
}
