import { randomUUID } from 'node:crypto';
import { systemClock as clock } from '../lib/system-clock.ts';
import { UserError } from '../lib/user-error.ts';
import { createPrepareEvent } from './dead-letters/create-prepare-event.ts';
import { createPrepareRequest } from './dead-letters/create-prepare-request.ts';
import type { DeadLetterQueue } from './dead-letters/dead-letter-queue.ts';
import { isConfirmed } from './dead-letters/is-confirmed.ts';
import { type OpenQueue, type OpenRecords, openQueues } from './dead-letters/open-queues.ts';
import type { PreparedLetter, PrepareLetter } from './dead-letters/prepare-letter.ts';
import { readArguments, USAGE } from './dead-letters/read-arguments.ts';
import { type Letter, readLetter } from './dead-letters/read-letter.ts';
import { redrive } from './dead-letters/redrive.ts';
import { renderLetter, renderLetters } from './dead-letters/render-letters.ts';
import { prepareStage } from './prepare-stage.ts';

/** Maximum number of messages searched for an id. */
const SEARCH_LIMIT = 10_000;
const RETENTION_DAYS = 30;

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
  const { client, where, queues, openRecords } = await openQueues({
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
    const counts = { send: 0, remove: 0, leave: 0 };
    const isNamed = (letter: Letter) => {
      const id = ids.find((prefix) => matches(letter, prefix));
      if (id !== undefined) named.add(id);
      return id !== undefined;
    };
    const onPrepared = (letter: Letter, prepared: PreparedLetter) => {
      counts[prepared.kind] += 1;
      say(renderPrepared(letter, prepared));
    };
    const opened = wanted.some(({ name }) => name === 'requests') ? await openRecords() : undefined;
    const redriveFrom = ({ name, deadLetters, targetUrl }: OpenQueue) => {
      if (!targetUrl) throw new UserError(`The URL of the queue for ${name} is not set.`);
      return redrive({
        client,
        queue: name,
        deadLetters,
        prepare:
          opened && name === 'requests' ? byRuns(opened, targetUrl) : createPrepareEvent(targetUrl),
        rate: options.rate,
        isNamed: ids.length === 0 ? undefined : isNamed,
        clock,
        onPrepared,
      });
    };
    // A queue that fails, such as one that denies access, does not cut off another one.
    const ends = await Promise.allSettled(wanted.map(async (queue) => redriveFrom(queue)));
    opened?.close();
    const { send, remove, leave } = counts;
    const others = `${remove > 0 ? `, ${remove} removed` : ''}${leave > 0 ? `, ${leave} left` : ''}`;
    say(`${send} redriven${others}.`);
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
    return sayMissing(ids.filter((id) => !named.has(id)));
  }

  function byRuns({ records }: OpenRecords, targetUrl: string): PrepareLetter {
    const retentionDays = Number(process.env.RECORD_RETENTION_DAYS || RETENTION_DAYS);
    return createPrepareRequest({
      targetUrl,
      records,
      clock,
      newWriteId: randomUUID,
      retentionMs: retentionDays * 86_400_000,
      deadlineSeconds: options.deadlineSeconds,
    });
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

const VERBS = { send: 'redriven', remove: 'removed', leave: 'left' } as const;

function renderPrepared({ id, requestId }: Letter, { kind, why }: PreparedLetter): string {
  const line = `${VERBS[kind].padEnd(8)} ${id}  request ${requestId || 'unknown'}`;
  return why === undefined ? line : `${line}: ${why}`;
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
