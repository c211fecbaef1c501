import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UserError } from '../lib/user-error.ts';

/** Options of every command that can work on a deployed stage. */
export const STAGE_OPTIONS = {
  stage: { type: 'string' },
  region: { type: 'string' },
  profile: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Reads the options and the positional arguments of a command line.
 * @throws UserError with the usage, if there is an unknown option or one without its value
 */
export function parseOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: Options,
  usage: string,
) {
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${usage}`);
  }
}
