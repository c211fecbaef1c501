import { readdir, readFile } from 'node:fs/promises';

/** Ticks of processor time since the start of the machine, from /proc. Empty on systems without it. */
export interface ProcessorTime {
  /** Of all processors. `steal` was taken by the host of a virtual machine. */
  machine: { total: number; idle: number; steal: number };
  /** Of this process and its descendants, by the part of the benchmark. */
  parts: Record<string, number>;
}

export interface ProcessorUse {
  idlePercent: number;
  stealPercent: number;
  /** Seconds of each part of the benchmark, and of other programs. */
  seconds: Record<string, number>;
}

/** Parts of the benchmark by the name of their main thread. */
const PARTS: Record<string, string> = {
  java: 'ElasticMQ',
  python: 'moto',
  MainThread: 'functions',
};
const BENCHMARK = 'benchmark';
const TICKS_PER_SECOND = 100;

export async function readProcessorTime(): Promise<ProcessorTime> {
  const text = await readFile('/proc/stat', 'utf8').catch(() => '');
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softIrq = 0, steal = 0] = (
    text.split('\n', 1)[0] ?? ''
  )
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const total = user + nice + system + idle + wait + irq + softIrq + steal;
  return { machine: { total, idle: idle + wait, steal }, parts: await readParts() };
}

async function readParts(): Promise<Record<string, number>> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const processes = new Map(
    (await Promise.all(pids.map(readProcess))).flatMap((found) => (found ? [found] : [])),
  );
  const isOurs = (pid: string): boolean => {
    if (pid === String(process.pid)) return true;
    const parent = processes.get(pid)?.parent;
    return parent !== undefined && isOurs(parent);
  };
  const parts: Record<string, number> = {};
  for (const [pid, { name, ticks }] of processes) {
    if (!isOurs(pid)) continue;
    const part = pid === String(process.pid) ? BENCHMARK : (PARTS[name] ?? name);
    parts[part] = (parts[part] ?? 0) + ticks;
  }
  return parts;
}

type Process = { name: string; parent: string; ticks: number };

/** Undefined for a process that has ended meanwhile. */
async function readProcess(pid: string): Promise<[string, Process] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [, name, rest] = /^\d+ \((.*)\) (.*)/s.exec(text) ?? [];
  if (name === undefined || rest === undefined) return undefined;
  const [, parent = '', ...fields] = rest.split(' ');
  // utime and stime.
  return [pid, { name, parent, ticks: Number(fields[9]) + Number(fields[10]) }];
}

/** Use of the processors between two reads. */
export function processorUse(before: ProcessorTime, after: ProcessorTime): ProcessorUse {
  const of = (name: keyof ProcessorTime['machine']) => after.machine[name] - before.machine[name];
  const percent = (ticks: number) => Math.round((100 * ticks) / (of('total') || 1));
  const ticks = Object.fromEntries(
    Object.entries(after.parts).map(([part, now]) => [part, now - (before.parts[part] ?? 0)]),
  );
  const ours = Object.values(ticks).reduce((sum, one) => sum + one, 0);
  const others = of('total') - of('idle') - of('steal') - ours;
  return {
    idlePercent: percent(of('idle')),
    stealPercent: percent(of('steal')),
    seconds: Object.fromEntries(
      Object.entries({ ...ticks, 'other programs': others }).map(([part, used]) => [
        part,
        Math.round(used / TICKS_PER_SECOND),
      ]),
    ),
  };
}
