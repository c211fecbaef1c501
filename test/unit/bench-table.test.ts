import { describe, expect, test } from '@jest/globals';
import type { Row } from '../../bench/figure.ts';
import { ratioOf, renderTable } from '../../bench/render-table.ts';
import { median, quantile } from '../../bench/statistics.ts';

describe('the medians of the benchmarks', () => {
  test('are the value in the middle, or the mean of the two there', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
  });

  test('are not moved by one slow measurement', () => {
    expect(median([10, 11, 12, 11, 900])).toBe(11);
    expect(quantile([10, 11, 12, 11, 900], 0.75)).toBe(12);
  });

  test('cannot be taken of an empty list', () => {
    expect(() => median([])).toThrow('an empty list');
  });
});

const row: Row = {
  what: 'intake',
  unit: 'ms',
  ours: [100, 120, 140],
  baseline: { what: 'hand-signed request', samples: [100, 100, 100] },
};
const line = (changes: Partial<Row>) =>
  renderTable([{ title: 'Cold start', rows: [{ ...row, ...changes }] }])
    .split('\n')
    .at(-1);

describe('the table of the benchmarks', () => {
  test('gives the ratio of the medians and the middle half of both', () => {
    expect(line({})).toBe(
      '| intake | 120 ms | 100 ms | hand-signed request | 1.20 |  | 110–130 / 100–100 |',
    );
  });

  test.each([
    [{ ratio: 1.3, is: 'at most' }, 'at most 1.3: reached'],
    [{ ratio: 1.1, is: 'at most' }, 'at most 1.1: missed'],
    [{ ratio: 1.1, is: 'at least' }, 'at least 1.1: reached'],
    [{ ratio: 1.3, is: 'at least' }, 'at least 1.3: missed'],
  ] as const)('says of the goal %j: %s', (goal, said) => {
    expect(line({ goal })).toContain(said);
  });

  test('has no ratio to nothing', () => {
    expect(ratioOf({ ...row, baseline: { what: 'no queue', samples: [0] } })).toBeUndefined();
    expect(line({ ours: [3], baseline: { what: 'no queue', samples: [0] } })).toContain('= / =');
  });
});
