import type { Row, Samples } from './figure.ts';
import { median, quantile } from './statistics.ts';

const HEADINGS = ['what', 'unit', 'ours', 'baseline', 'is', 'ratio', 'goal', 'spread'];

/** The figures' rows as one table for a terminal. Spread: the middle half of ours / the baseline. */
export function renderTable(figures: readonly { title: string; rows: readonly Row[] }[]): string {
  const body = figures.map(({ title, rows }) => ({ title, cells: rows.map(toCells) }));
  const all = [HEADINGS, ...body.flatMap(({ cells }) => cells)];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...all.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd();
  return [
    line(HEADINGS),
    ...body.flatMap(({ title, cells }) => ['', title, ...cells.map(line)]),
  ].join('\n');
}

/** Ours over the baseline, by their medians; of nothing there is no ratio. */
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
  return [
    row.what,
    row.unit,
    format(median(row.ours)),
    baseline ? format(median(baseline.samples)) : '',
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
