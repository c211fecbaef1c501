import { readFile } from 'node:fs/promises';

/** Ticks of all processors since the start of the machine. */
export interface ProcessorTime {
  total: number;
  idle: number;
  /** Taken by the host of a virtual machine. */
  steal: number;
}

/** Reads /proc/stat. @returns zeros on systems without it */
export async function readProcessorTime(): Promise<ProcessorTime> {
  const text = await readFile('/proc/stat', 'utf8').catch(() => '');
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softIrq = 0, steal = 0] = (
    text.split('\n', 1)[0] ?? ''
  )
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const total = user + nice + system + idle + wait + irq + softIrq + steal;
  return { total, idle: idle + wait, steal };
}

/** Percentages between two reads. */
export function processorShares(before: ProcessorTime, after: ProcessorTime) {
  const total = after.total - before.total || 1;
  const percent = (ticks: number) => Math.round((100 * ticks) / total);
  return {
    idlePercent: percent(after.idle - before.idle),
    stealPercent: percent(after.steal - before.steal),
  };
}
