import { jest } from '@jest/globals';

export interface CommandResult {
  code: number;
  /** Standard output and standard error, in the order of the writes. */
  output: string;
}

/**
 * Runs the `main` of a command in this process, as scripts/run.mjs does in its own: with only the given
 * environment, and with one line for an error that an operator can fix.
 */
export async function runCommand(
  main: (args: string[]) => Promise<number>,
  args: string[],
  { env, cwd }: { env: Record<string, string>; cwd?: string },
): Promise<CommandResult> {
  const environment = { ...process.env };
  const directory = process.cwd();
  const { PATH, TMPDIR } = environment;
  let output = '';
  const streams = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      output += String(chunk);
      return true;
    }),
  );
  replaceEnvironment({ PATH, TMPDIR, ...env });
  if (cwd !== undefined) process.chdir(cwd);
  try {
    return { code: await main(args), output };
  } catch (error) {
    const { name, message, stack } = error as Error;
    const isForOperators = name === 'UserError' || name === 'ConfigError';
    return { code: 1, output: `${output}${isForOperators ? message : stack}\n` };
  } finally {
    for (const stream of streams) stream.mockRestore();
    process.chdir(directory);
    replaceEnvironment(environment);
  }
}

function replaceEnvironment(variables: Record<string, string | undefined>): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined) process.env[name] = value;
  }
}
