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

const USAGE = `Usage: npm run invoke -- <function>[:<alias>] events/<file>
Invokes a function with a sample event: intake, adder, relay, requests or follow-up. It uses the queues,
table, secrets and Genesys Cloud of the system that npm start runs, or starts a system for this event.
The response goes to standard output, everything else to standard error.
Exit code: 0 success; 1 an error response, a thrown error, or failed messages.`;

/** How long a system that was started for one event waits for its consequences. */
const SETTLE_MS = 5_000;

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
    // A folder of its own, so that other commands do not find this short-lived system.
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

async function invoke(target: string, event: unknown, endpoints: Endpoints): Promise<number> {
  // As Lambda's own qualified names, such as `intake:data-action`.
  const [name = '', qualifier] = target.split(':');
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
    const response = await invokeFunction({ name, qualifier, ...definition, onLogLine }, renewed);
    process.stdout.write(`${JSON.stringify(response, null, 2)}\n`);
    return isSuccess(response) ? 0 : 1;
  } catch (error) {
    tell(`${target} threw: ${(error as Error).message}`);
    return 1;
  }
}

function tellEntry(entry: Parameters<typeof tellLogEntry>[0]): void {
  const chapter = tellLogEntry(entry);
  if (chapter) tell(formatChapter(chapter));
}

async function waitUntilIdle(system: LocalSystem): Promise<void> {
  const endsAtMs = Date.now() + SETTLE_MS;
  while (!system.isIdle() && Date.now() < endsAtMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
