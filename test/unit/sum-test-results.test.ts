import { expect, test } from '@jest/globals';
import { type JestResults, sumTestResults } from '../../scripts/sum-test-results.ts';

const runOf = (files: Record<string, [fullName: string, status: string][]>): JestResults => ({
  success: true,
  testResults: Object.entries(files).map(([name, tests]) => ({
    name,
    status: tests.length === 0 ? 'failed' : 'passed',
    assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
  })),
});

test('a test that two runs ran counts once, with its worst status', () => {
  const runs = [
    runOf({
      'a.test.ts': [
        ['one', 'passed'],
        ['two', 'failed'],
        ['three', 'pending'],
      ],
    }),
    runOf({
      'a.test.ts': [
        ['one', 'passed'],
        ['two', 'passed'],
        ['three', 'passed'],
      ],
    }),
    runOf({ 'b.test.ts': [['one', 'passed']] }),
  ];
  expect(sumTestResults(runs)).toEqual({ passed: 2, failed: 1, skipped: 1 });
});

test('two tests of one name in a file count as two', () => {
  const run = runOf({
    'a.test.ts': [
      ['same', 'passed'],
      ['same', 'todo'],
    ],
  });
  expect(sumTestResults([run])).toEqual({ passed: 1, failed: 0, skipped: 1 });
});

test('a file that could not be loaded counts as a failed test', () => {
  expect(sumTestResults([runOf({ 'broken.test.ts': [] })])).toEqual({
    passed: 0,
    failed: 1,
    skipped: 0,
  });
});
