/** The outcome of one check. */
export interface Finding {
  check: string;
  /** `warning`: the service works, but not as well as it could. */
  outcome: 'passed' | 'warning' | 'failed' | 'not checked';
  detail: string;
  /** What an operator can do about it. */
  toDo?: string;
}
