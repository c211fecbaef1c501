import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { UserError } from '../lib/user-error.ts';
import { invokeFunction, isSuccess } from './invoke/invoke-function.ts';
import { renewEvent } from './invoke/renew-event.ts';
import { formatChapter } from './story/format-chapter.ts';
import { readLogLine } from './story/log-entry.ts';
import { tellDelivery, tellLogEntry } from './story/tell.ts';
import { type Endpoints, readEndpoints } from './system/endpoints-file.ts';
import { readSettings } from './system/read-settings.ts';
import { type LocalSystem, startSystem } from './system/start-system.ts';

const USAGE = `Usage: npm run invoke -- <function> events/<file>
Runs a sample event through a function: intake, adder or relay. Its queues, secrets and Genesys are
those of the system that npm start has started, or of one that is started for this event.
The answer goes to standard output, all else to standard error.
Exit code: 0 success; 1 an error was answered or thrown, or messages were given back.`;

/** How long a system that was started for one event waits for what follows from it. */
const FOLLOW_UP_MS = 5_000;

const tell = (line: string) => process.stderr.write(`${line}\n`);

/** `npm run invoke -- <function> events/<file>` */
export async function main(args: string[]): Promise<number> {
  const [name, file, ...more] = args;
  if (!name || !file || more.length > 0) throw new UserError(USAGE);
  const event = await readEvent(file);
  if (existsSync('.env')) process.loadEnvFile('.env');
  const settings = readSettings(process.env);

  const running = await readEndpoints(settings.folder);
  if (running) return invoke(name, event, running);
  tell('No system is running; starting one for this event …');
  const system = await startSystem({
    // Its own, so that nobody takes it for one to stay.
    settings: {
      ...settings,
      ports: { ...settings.ports, api: 0 },
      folder: `.local/invoke-${process.pid}`,
    },
    environment: process.env,
    onProblem: tell,
    onLogEntry: tellEntry,
    onDelivery: (delivery) => tell(formatChapter(tellDelivery(delivery))),
  });
  try {
    const exitCode = await invoke(name, event, system.endpoints);
    await waitUntilIdle(system);
    return exitCode;
  } finally {
    await system.stop();
  }
}

async function readEvent(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UserError(`${file} cannot be read as JSON: ${(error as Error).message}`);
  }
}

async function invoke(name: string, event: unknown, endpoints: Endpoints): Promise<number> {
  const definition = endpoints.functions[name];
  if (!definition) {
    const names = Object.keys(endpoints.functions).join(', ');
    throw new UserError(`There is no function ${name}; there are ${names}.\n${USAGE}`);
  }
  const onLogLine = (line: string) => {
    const entry = readLogLine(line);
    if (typeof entry === 'string') tell(entry);
    else if (entry) tellEntry(entry);
  };
  try {
    const renewed = renewEvent(event, Date.now());
    const answer = await invokeFunction({ name, ...definition, onLogLine }, renewed);
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return isSuccess(answer) ? 0 : 1;
  } catch (error) {
    tell(`${name} has thrown: ${(error as Error).message}`);
    return 1;
  }
}

function tellEntry(entry: Parameters<typeof tellLogEntry>[0]): void {
  const chapter = tellLogEntry(entry);
  if (chapter) tell(formatChapter(chapter));
}

async function waitUntilIdle(system: LocalSystem): Promise<void> {
  const endsAtMs = Date.now() + FOLLOW_UP_MS;
  while (!system.isIdle() && Date.now() < endsAtMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
