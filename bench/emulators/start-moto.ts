import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endChild } from './end-child.ts';

export interface Emulator {
  endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts moto's server: DynamoDB and Secrets Manager in memory.
 * @param bin folder of the programs of a virtual environment with moto
 * @throws Error with its output if it does not start
 */
export async function startMoto(bin: string): Promise<Emulator> {
  const child = spawn(join(bin, 'python'), [join(import.meta.dirname, 'moto_server.py')], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let problems = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    problems = `${problems}${chunk}`.slice(-2_000);
  });
  const started = once(createInterface({ input: child.stdout }), 'line');
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`moto ended with ${code}: ${problems}`);
  });
  ended.catch(() => {});
  const [port] = await Promise.race([started, ended]);
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => endChild(child) };
}
