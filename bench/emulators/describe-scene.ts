import { GOALS, type Goals } from '../flood-scenes.ts';
import { describeWaits } from '../measure-waits.ts';
import { median } from '../statistics.ts';
import type { SceneResult } from './measure-scene.ts';

/** The result of a row as text. @param alone the waits without a flood, if the row has one */
export function describeScene(
  result: SceneResult,
  alone?: readonly number[],
  goals: Goals = GOALS,
): string {
  const { waits, table, processor } = result;
  const lines = [
    `waits        ${describeWaits(waits)}`,
    ...(alone ? [`  alone      ${describeWaits(alone)}`] : []),
    `median       ${compare(median(waits), alone && median(alone), goals.median)}`,
    `maximum      ${compare(Math.max(...waits), alone && Math.max(...alone), goals.maximum)}`,
    `post to 202  ${describeWaits(result.accepted)}`,
    `to a batch   ${describeWaits(result.queued)}`,
    `requests     ${result.requests}, flood posted in ${result.flooding.toFixed(1)} s, all done after ${result.whole.toFixed(1)} s`,
    `results      others: ${describeCounts(result.statuses.others)}; flood: ${describeCounts(result.statuses.flood)}`,
    `Genesys      ${result.genesysCalls} calls (and ${result.tokenRequests} for tokens), busiest minute of the run ${result.busiestMinute}, ${result.tooManyRequests} times 429`,
    `processor    ${processor.idlePercent} % idle, ${processor.stealPercent} % stolen, load average before ${processor.loadBefore.toFixed(1)}`,
    `  seconds    ${describeCounts(processor.seconds)}`,
    ...Object.entries(result.invocations).map(
      ([name, { count, failed, longestMs }]) =>
        `${name.padEnd(12)} ${count} invocations, longest ${(longestMs / 1_000).toFixed(1)} s${failed > 0 ? `, ${failed} FAILED` : ''}`,
    ),
    `table        ${sum(table.operations)} calls, ${table.conditionalFailures} conditional failures`,
    ...Object.entries(table.operations)
      .sort(([, a], [, b]) => b.count - a.count)
      .map(
        ([name, { count, conditionalFailures, totalMs }]) =>
          `  ${name.padEnd(30)} ${String(count).padStart(6)}  mean ${(totalMs / count).toFixed(0).padStart(4)} ms${conditionalFailures > 0 ? `  ${conditionalFailures} conditional failures` : ''}`,
      ),
    ...Object.entries(result.problems).map(
      ([problem, count]) => `problem      ${count} × ${problem}`,
    ),
    ...(result.violations.length === 0
      ? ['checks       one result each, no one rung twice, calls within the limit']
      : result.violations.map((violation) => `VIOLATION    ${violation}`)),
  ];
  return [`== ${result.what}`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function compare(ours: number, alone: number | undefined, goal: number | undefined): string {
  const seconds = `${ours.toFixed(2)} s`;
  if (alone === undefined) return seconds;
  const ratio = ours / alone;
  const verdict =
    goal === undefined ? '' : `, goal ${goal}: ${ratio <= goal ? 'reached' : 'missed'}`;
  return `${seconds}, alone ${alone.toFixed(2)} s, ratio ${ratio.toFixed(2)}${verdict}`;
}

const sum = (operations: Record<string, { count: number }>) =>
  Object.values(operations).reduce((total, { count }) => total + count, 0);

const describeCounts = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
