import type { Finding } from './finding.ts';

/** The findings as a table, with a remedy below each that needs one, and a count. */
export function renderFindings(findings: readonly Finding[]): string {
  const outcomeWidth = width(findings.map(({ outcome }) => outcome));
  const checkWidth = width(findings.map(({ check }) => check));
  const lines = findings.flatMap(({ check, outcome, detail, toDo }) => {
    const line = `${outcome.padEnd(outcomeWidth)}${check.padEnd(checkWidth)}${detail}`;
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
