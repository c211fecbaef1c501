import { DEADLINE_SECONDS } from '../../lib/domain/deadline-seconds.ts';
import { UserError } from '../../lib/user-error.ts';
import { parseOptions, STAGE_OPTIONS } from '../parse-options.ts';
import type { QueueName } from './read-letter.ts';

export const USAGE = `npm run dead-letters -- COMMAND [options]

  list                   list the dead letters, with reason and remedy
  show ID                print one message
  redrive [ID...]        send all, or the given ones, back to their queue
  discard ID...          delete permanently, after a confirmation

ID is the prefix of a message id or request id, as list shows them.

  --queue requests|audit|events   one queue only (default: all that exist)
  --stage NAME             a deployed stage; needs AWS credentials
  --region NAME            default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1
  --profile NAME           an AWS profile; default: AWS_PROFILE
  --limit N                list: maximum number for each queue (default 100)
  --rate N                 redrive: messages a second for each queue (default 5)
  --deadline N             redrive: requests get N seconds from now (default: their first time span)
  --yes                    discard: do not ask

A redriven request starts a new run: it gets a new deadline, and a result of its own. People whom an
earlier run rang are not rung again. A redriven result stays the same event.

Without --stage the queues are those of REQUEST_QUEUE_URL, REQUEST_DLQ_URL, AUDIT_QUEUE_URL and
AUDIT_DLQ_URL, the table that of REQUESTS_TABLE_NAME, or else those of the system that npm start runs
on this machine.
`;

const SHORTEST_ID = 4;
const QUEUES: readonly QueueName[] = ['requests', 'audit', 'events'];

const OPTIONS = {
  ...STAGE_OPTIONS,
  queue: { type: 'string' },
  limit: { type: 'string' },
  rate: { type: 'string' },
  deadline: { type: 'string' },
  yes: { type: 'boolean', short: 'y' },
} as const;

interface Arguments {
  command: string;
  ids: string[];
  options: {
    queue: QueueName | undefined;
    stage: string | undefined;
    region: string | undefined;
    profile: string | undefined;
    limit: number;
    rate: number;
    deadlineSeconds: number | undefined;
    yes: boolean;
  };
}

/** Reads the command line of `npm run dead-letters`. @throws UserError */
export function readArguments(args: string[]): Arguments {
  const { values, positionals } = parseOptions(args, OPTIONS, USAGE);
  const [command = 'help', ...ids] = positionals;
  const queue = QUEUES.find((name) => name === values.queue);
  if (values.queue !== undefined && queue === undefined) {
    throw new UserError('--queue must be requests, audit or events');
  }
  for (const id of ids) {
    if (id.length < SHORTEST_ID) {
      throw new UserError(`"${id}" is too short for an id; give ${SHORTEST_ID} characters or more`);
    }
  }
  if (['show', 'discard'].includes(command) && ids.length === 0) {
    throw new UserError(`${command} needs an id; list shows them`);
  }
  return {
    command: values.help ? 'help' : command,
    ids,
    options: {
      queue,
      stage: values.stage,
      region: values.region,
      profile: values.profile,
      limit: number('--limit', values.limit, 1) ?? 100,
      rate: number('--rate', values.rate, 0.1) ?? 5,
      deadlineSeconds: deadline(values.deadline),
      yes: values.yes ?? false,
    },
  };
}

function deadline(text: string | undefined): number | undefined {
  const { min, max } = DEADLINE_SECONDS;
  const seconds = number('--deadline', text, min);
  if (seconds !== undefined && seconds > max) {
    throw new UserError(`--deadline must be at most ${max} (a day)`);
  }
  return seconds;
}

function number(option: string, text: string | undefined, min: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value >= min)) throw new UserError(`${option} must be a number of at least ${min}`);
  return value;
}
