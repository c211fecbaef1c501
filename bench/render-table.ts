import type { Row, Samples } from './figure.ts';
import { median, quantile } from './statistics.ts';

const HEADINGS = ['figure', 'ours', 'baseline', 'which is', 'ratio', 'goal', 'spread'];

/**
 * The rows of all figures as one Markdown table, for docs/performance.md. Spread: the middle half of the
 * samples, ours / the baseline's.
 */
export function renderTable(figures: readonly { title: string; rows: readonly Row[] }[]): string {
  const body = figures.flatMap(({ title, rows }) => [
    [`**${title}**`, '', '', '', '', '', ''],
    ...rows.map(toCells),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(HEADINGS), `|${'---|'.repeat(HEADINGS.length)}`, ...body.map(line)].join('\n');
}

/** The ratio of the medians; `undefined` without a baseline, or if its median is 0. */
export function ratioOf({ ours, baseline }: Row): number | undefined {
  const against = baseline ? median(baseline.samples) : 0;
  return against === 0 ? undefined : median(ours) / against;
}

function toCells(row: Row): string[] {
  const ratio = ratioOf(row);
  const { goal, baseline } = row;
  const reached =
    goal && ratio !== undefined
      ? (goal.is === 'at most' ? ratio <= goal.ratio : ratio >= goal.ratio)
        ? 'reached'
        : 'missed'
      : '';
  const withUnit = (samples: Samples) => `${format(median(samples))} ${row.unit}`;
  return [
    row.what,
    withUnit(row.ours),
    baseline ? withUnit(baseline.samples) : '',
    baseline?.what ?? '',
    ratio === undefined ? '' : ratio.toFixed(2),
    goal ? `${goal.is} ${goal.ratio}: ${reached}` : '',
    [row.ours, ...(baseline ? [baseline.samples] : [])].map(spread).join(' / '),
  ];
}

function spread(samples: Samples): string {
  if (samples.length === 1) return '=';
  return `${format(quantile(samples, 0.25))}–${format(quantile(samples, 0.75))}`;
}

function format(value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return value.toFixed(digits);
}
