/** The most events in any window of this length. @param timesMs ascending */
export function busiestWindow(timesMs: readonly number[], windowMs: number): number {
  let most = 0;
  let first = 0;
  for (const [last, atMs] of timesMs.entries()) {
    while ((timesMs[first] as number) <= atMs - windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
