import { cleanText } from '../../lib/domain/redact.ts';
import type { Finding } from './finding.ts';

/** Longest detail, in characters. */
const MAX_DETAIL = 2_000;

/** The findings as a table, with a remedy below each that needs one, and a count. Foreign text cannot control the terminal. */
export function renderFindings(findings: readonly Finding[]): string {
  const outcomeWidth = width(findings.map(({ outcome }) => outcome));
  const checkWidth = width(findings.map(({ check }) => check));
  const lines = findings.flatMap(({ check, outcome, detail, toDo }) => {
    const line = `${outcome.padEnd(outcomeWidth)}${check.padEnd(checkWidth)}${cleanText(detail, MAX_DETAIL)}`;
    const indent = ' '.repeat(outcomeWidth + checkWidth);
    return toDo === undefined ? [line] : [line, `${indent}-> ${toDo}`];
  });
  return [...lines, '', countOutcomes(findings)].join('\n');
}

function width(texts: string[]): number {
  return Math.max(...texts.map((text) => text.length)) + 2;
}

function countOutcomes(findings: readonly Finding[]): string {
  const outcomes = ['passed', 'warning', 'failed', 'not checked'] as const;
  return outcomes
    .map(
      (outcome) => [findings.filter((each) => each.outcome === outcome).length, outcome] as const,
    )
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${count} ${outcome}`)
    .join(', ');
}
