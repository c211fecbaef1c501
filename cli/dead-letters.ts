import { parseArgs } from 'node:util';
import { systemClock as clock } from '../lib/system-clock.ts';
import { UserError } from '../lib/user-error.ts';
import type { DeadLetterQueue } from './dead-letters/dead-letter-queue.ts';
import { isConfirmed } from './dead-letters/is-confirmed.ts';
import { type OpenQueue, openQueues } from './dead-letters/open-queues.ts';
import { type Letter, readLetter } from './dead-letters/read-letter.ts';
import { redrive } from './dead-letters/redrive.ts';
import { renderLetter, renderLetters } from './dead-letters/render-letters.ts';
import { prepareStage } from './prepare-stage.ts';

const USAGE = `npm run dead-letters -- COMMAND [options]

  list                   list the dead letters, with reason and remedy
  show ID                print one message
  redrive [ID...]        send all, or the given ones, back to their queue
  discard ID...          delete permanently, after a confirmation

ID is the prefix of a message id or request id, as list shows them.

  --queue requests|audit   one queue only (default: both)
  --stage NAME             a deployed stage; needs AWS credentials
  --region NAME            default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1
  --profile NAME           an AWS profile; default: AWS_PROFILE
  --limit N                list: at most so many of each queue (default 100)
  --rate N                 redrive: messages a second for each queue (default 5)
  --deadline-seconds N     redrive: give requests a new deadline, else those whose deadline has
                           passed end as EXPIRED
  --yes                    discard: do not ask

Without --stage the queues are those of REQUEST_QUEUE_URL, REQUEST_DLQ_URL, AUDIT_QUEUE_URL and
AUDIT_DLQ_URL, or else of the system that npm start runs on this machine.
`;

/** Maximum number of messages searched for an id. */
const SEARCH_LIMIT = 10_000;
const SHORTEST_ID = 4;

const say = (line: string) => process.stdout.write(`${line}\n`);

/**
 * `npm run dead-letters`: lists, redrives and discards dead letters.
 * @returns the exit code: 0 done, 1 not found or not confirmed
 * @throws UserError
 */
export async function main(args: string[]): Promise<number> {
  const { command, ids, options } = readArguments(args);
  if (command === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const region = await prepareStage(options);
  const { client, where, queues } = await openQueues({
    stage: options.stage,
    region,
    environment: process.env,
  });
  const wanted = queues.filter(({ name }) => options.queue === undefined || name === options.queue);
  if (wanted.length === 0) throw new UserError(`There is no ${options.queue} queue in ${where}.`);

  const commands: Record<string, () => Promise<number>> = {
    list,
    show,
    redrive: redriveThem,
    discard,
  };
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (!run) throw new UserError(`There is no command ${command}.\n\n${USAGE}`);
  try {
    return await run();
  } finally {
    client.destroy();
  }

  async function list(): Promise<number> {
    const parts = await Promise.all(
      wanted.map(async ({ name, deadLetters }) => {
        try {
          const messages = await deadLetters.receiveAll(options.limit);
          const letters = messages.map((message) => readLetter(name, message));
          return { name, letters, count: Math.max(await deadLetters.count(), letters.length) };
        } finally {
          await deadLetters.giveBack();
        }
      }),
    );
    for (const { name, letters, count } of parts) {
      say(
        `${name}: ${count === 0 ? 'no' : count} dead letter${count === 1 ? '' : 's'} in ${where}`,
      );
      if (letters.length === 0) continue;
      say(renderLetters(letters, clock.now(), process.stdout.columns ?? 240));
      const more = count - letters.length;
      if (more > 0) {
        say(`\nand ${more} more: beyond --limit, or behind these in their conversations`);
      }
      say('');
    }
    return 0;
  }

  async function show(): Promise<number> {
    const found = await find();
    for (const { letter } of found) say(`${renderLetter(letter, clock.now())}\n`);
    return report(found);
  }

  async function discard(): Promise<number> {
    const found = await find();
    if (found.length === 0) return report(found);
    say(
      renderLetters(
        found.map(({ letter }) => letter),
        clock.now(),
        process.stdout.columns ?? 240,
      ),
    );
    if (!options.yes && !(await isConfirmed(`\nDelete ${found.length} permanently? [y/N] `))) {
      say('Nothing was discarded.');
      return 1;
    }
    // Searched again, because the messages were released while the user confirmed.
    const chosen = new Set(found.map(({ letter }) => letter.id));
    await find(async ({ letter, deadLetters }) => {
      if (!chosen.delete(letter.id)) return;
      await deadLetters.remove(letter.id);
      say(`discarded ${letter.id}`);
    });
    for (const id of chosen) say(`${id} no longer exists`);
    return report(found);
  }

  async function redriveThem(): Promise<number> {
    const named = new Set<string>();
    let count = 0;
    let skipped = 0;
    let expired = 0;
    const redriveFrom = ({ name, deadLetters, targetUrl }: OpenQueue) => {
      if (!targetUrl) throw new UserError(`The URL of the queue for ${name} is not set.`);
      return redrive({
        client,
        queue: name,
        deadLetters,
        targetUrl,
        rate: options.rate,
        isNamed:
          ids.length === 0
            ? undefined
            : (letter) => {
                const id = ids.find((prefix) => matches(letter, prefix));
                if (id !== undefined) named.add(id);
                return id !== undefined;
              },
        deadlineSeconds: options.deadlineSeconds,
        clock,
        onRedriven(letter) {
          count += 1;
          const isLate = (letter.deadlineMs ?? Number.POSITIVE_INFINITY) < clock.now();
          if (isLate && options.deadlineSeconds === undefined) expired += 1;
          say(`redriven ${letter.id}  request ${letter.requestId || 'unknown'}`);
        },
        onSkipped(letter) {
          skipped += 1;
          say(`left     ${letter.id}  ${letter.reason}: give its ID to redrive it`);
        },
      });
    };
    await Promise.all(wanted.map(redriveFrom));
    say(`${count} redriven${skipped > 0 ? `, ${skipped} left` : ''}.`);
    if (expired > 0) {
      say(
        `${expired} of them will end as EXPIRED: their deadline has passed. --deadline-seconds N gives a new one.`,
      );
    }
    return sayMissing(ids.filter((id) => !named.has(id)));
  }

  interface Found {
    letter: Letter;
    deadLetters: DeadLetterQueue;
  }

  /** The letters that are named. They are given back when `use` has been through with them. */
  async function find(use: (found: Found) => Promise<void> = async () => {}): Promise<Found[]> {
    const parts = await Promise.all(
      wanted.map(async ({ name, deadLetters }) => {
        const found: Found[] = [];
        try {
          for (const message of await deadLetters.receiveAll(SEARCH_LIMIT)) {
            const letter = readLetter(name, message);
            if (!ids.some((id) => matches(letter, id))) continue;
            found.push({ letter, deadLetters });
            await use({ letter, deadLetters });
          }
        } finally {
          await deadLetters.giveBack();
        }
        return found;
      }),
    );
    return parts.flat();
  }

  function report(found: Found[]): number {
    return sayMissing(ids.filter((id) => !found.some(({ letter }) => matches(letter, id))));
  }
}

function sayMissing(ids: string[]): number {
  for (const id of ids) {
    say(`${id} was not found. A message may stand behind others of its conversation: see list.`);
  }
  return ids.length > 0 ? 1 : 0;
}

function matches({ id, requestId }: Letter, prefix: string): boolean {
  return id.startsWith(prefix) || requestId.startsWith(prefix);
}

interface Arguments {
  command: string;
  ids: string[];
  options: {
    queue: 'requests' | 'audit' | undefined;
    stage: string | undefined;
    region: string | undefined;
    profile: string | undefined;
    limit: number;
    rate: number;
    deadlineSeconds: number | undefined;
    yes: boolean;
  };
}

function readArguments(args: string[]): Arguments {
  const { values, positionals } = parse(args);
  const [command = 'help', ...ids] = positionals;
  const { queue } = values;
  if (queue !== undefined && queue !== 'requests' && queue !== 'audit') {
    throw new UserError('--queue must be requests or audit');
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
      deadlineSeconds: number('--deadline-seconds', values['deadline-seconds'], 5),
      yes: values.yes ?? false,
    },
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        queue: { type: 'string' },
        stage: { type: 'string' },
        region: { type: 'string' },
        profile: { type: 'string' },
        limit: { type: 'string' },
        rate: { type: 'string' },
        'deadline-seconds': { type: 'string' },
        yes: { type: 'boolean', short: 'y' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function number(option: string, text: string | undefined, min: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value >= min)) throw new UserError(`${option} must be a number of at least ${min}`);
  return value;
}
