import { readFileSync } from 'node:fs';

/** The part of Jest's `--json` output that is read here. */
export interface JestResults {
  success: boolean;
  testResults: {
    name: string;
    /** Empty if the file could not be loaded. */
    assertionResults: { fullName: string; status: string }[];
    status: string;
  }[];
}

const WORST_FIRST = ['failed', 'skipped', 'passed'] as const;
type Status = (typeof WORST_FIRST)[number];

/**
 * Counts the tests of several Jest runs. A test that ran more than once counts once, with its worst
 * status. A file that could not be loaded counts as one failed test.
 */
export function sumTestResults(runs: readonly JestResults[]): Record<Status, number> {
  const statuses = new Map<string, Status>();
  for (const { testResults } of runs) {
    for (const { name, status: fileStatus, assertionResults } of testResults) {
      const repeated = new Map<string, number>();
      for (const { fullName, status } of assertionResults) {
        // Two tests of a file may have the same name.
        const index = (repeated.get(fullName) ?? 0) + 1;
        repeated.set(fullName, index);
        keepWorst(statuses, `${name} ${fullName} ${index}`, toStatus(status));
      }
      if (fileStatus === 'failed' && assertionResults.length === 0) {
        keepWorst(statuses, name, 'failed');
      }
    }
  }
  const counts = { failed: 0, skipped: 0, passed: 0 };
  for (const status of statuses.values()) counts[status] += 1;
  return counts;
}

function keepWorst(statuses: Map<string, Status>, key: string, status: Status): void {
  const known = statuses.get(key) ?? 'passed';
  const isWorse = WORST_FIRST.indexOf(status) < WORST_FIRST.indexOf(known);
  statuses.set(key, isWorse ? status : known);
}

function toStatus(status: string): Status {
  return status === 'passed' || status === 'failed' ? status : 'skipped';
}

/**
 * `node scripts/run.mjs scripts/sum-test-results FILE…`: prints `N passed, N failed, N skipped`.
 * @returns the exit code: 1 if a test failed or a file of results is missing
 */
export function main(files: string[]): number {
  const runs: JestResults[] = [];
  let isMissing = false;
  for (const file of files) {
    try {
      runs.push(JSON.parse(readFileSync(file, 'utf8')));
    } catch {
      isMissing = true;
      process.stdout.write(`Jest wrote no results to ${file}: an earlier step failed.\n`);
    }
  }
  const { passed, failed, skipped } = sumTestResults(runs);
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return isMissing || failed > 0 || runs.some(({ success }) => !success) ? 1 : 0;
}
