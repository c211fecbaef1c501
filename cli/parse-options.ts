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
 * @throws UserError with the usage, if there is an unknown option, one without its value, or a positional
 * argument that the command does not take
 */
export function parseOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: Options,
  usage: string,
  { allowPositionals = true } = {},
) {
  try {
    return parseArgs({ args, allowPositionals, options });
  } catch (error) {
    // Node adds advice about positional arguments, which no command here needs.
    const [problem] = (error as Error).message.split('. ');
    throw new UserError(`${problem}\n\n${usage}`);
  }
}
