import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a program, by default in the repository's root. The code of one that cannot be started is 127, as in a shell. */
export function runProgram(
  command: string,
  args: string[],
  options: { stdio?: 'inherit' | 'pipe'; cwd?: string; env?: Record<string, string> } = {},
): Promise<{ code: number; output: string }> {
  const { stdio = 'pipe', cwd = root, env = {} } = options;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', stdio, stdio],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
