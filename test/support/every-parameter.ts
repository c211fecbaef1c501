import { readFileSync } from 'node:fs';

const file = new URL('../../scripts/check-deploy/every-parameter.json', import.meta.url);

/** The stack as an enterprise deploys it: every optional parameter that has no default. */
export const everyParameter: Record<string, string> = JSON.parse(readFileSync(file, 'utf8'));
