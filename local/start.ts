import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { SQSClient } from '@aws-sdk/client-sqs';
import { parseOptions } from '../cli/parse-options.ts';
import { createStandInSwitches } from './console/stand-in-switches.ts';
import { type Console, startConsole } from './console/start-console.ts';
import { introduce } from './start/introduce.ts';
import type { Chapter } from './story/chapter.ts';
import { formatChapter, showsColours } from './story/format-chapter.ts';
import { createStoryboard } from './story/storyboard.ts';
import { LOCAL_CREDENTIALS } from './system/local-credentials.ts';
import { onPort } from './system/on-port.ts';
import { readSettings, type Settings } from './system/read-settings.ts';
import { type LocalSystem, startSystem } from './system/start-system.ts';

const USAGE = `npm start [-- --open]

Runs the whole system on this machine until Ctrl-C.

  --open   open the console page in the browser
`;

/** The process ends after this time, even if a part of it hangs. */
const STOP_LIMIT_MS = 1_500;

/** `npm start`: the whole system on this machine, and one line for each thing that happens. */
export async function main(args: string[]): Promise<void> {
  const { open, help } = readArguments(args);
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  if (existsSync('.env')) process.loadEnvFile('.env');
  const settings = readSettings(process.env);
  const colours = showsColours(process.stdout, process.env);
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const tell = (chapter: Chapter) => print(formatChapter(chapter, colours));
  const problem = (text: string) => tell({ atMs: Date.now(), what: 'ERROR', text });

  let stopSystem: (() => Promise<void>) | undefined;
  const stop = (exitCode: number) => {
    setTimeout(() => process.exit(exitCode), STOP_LIMIT_MS).unref();
    (stopSystem?.() ?? Promise.resolve()).finally(() => process.exit(exitCode));
    stopSystem = undefined;
  };
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      print('Stopping …');
      stop(0);
    });
  }

  let system: LocalSystem | undefined;
  let page: Console | undefined;
  const genesys = () => system?.genesys?.state;
  const switches = createStandInSwitches(genesys);
  const storyboard = createStoryboard({
    genesys,
    isReceiverForeign: settings.webhookUrl !== undefined,
    onChapter: tell,
    onStory: (story) => page?.tell(story),
  });
  system = await startSystem({
    settings,
    environment: process.env,
    onProgress: (what) => print(`Starting: ${what} …`),
    onLogEntry: (entry) => storyboard.hearLogEntry(entry),
    onDelivery: (delivery) => storyboard.hearDelivery(delivery),
    onGenesysEvent: (event) => {
      // First the reaction of the person whose phone rings, then the line about it.
      switches.hearGenesys(event);
      storyboard.hearGenesys(event);
    },
    onProblem: problem,
    onEnd: (why) => {
      problem(why);
      stop(1);
    },
  });
  const running = system;
  stopSystem = () => running.stop();
  const client = new SQSClient({
    endpoint: running.endpoints.sqsEndpoint,
    region: running.endpoints.region,
    credentials: LOCAL_CREDENTIALS,
  });
  page = await startPage(settings, { system: running, client, storyboard, switches });
  const consolePage = page;
  stopSystem = async () => {
    await consolePage.stop();
    client.destroy();
    await running.stop();
  };
  for (const line of await introduce(running.endpoints, consolePage.url, settings)) print(line);
  if (open) openInBrowser(consolePage.url);
}

function readArguments(args: string[]): { open: boolean; help: boolean } {
  const options = {
    open: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  return parseOptions(args, options, USAGE, { allowPositionals: false }).values;
}

/** On the port that was asked for; else on the one after the API's, or on any that is free. */
async function startPage(
  settings: Settings,
  options: Omit<Parameters<typeof startConsole>[0], 'port'>,
): Promise<Console> {
  const { api, console: wanted } = settings.ports;
  if (wanted !== undefined) {
    return onPort('CONSOLE_PORT', wanted, (port) => startConsole({ ...options, port }));
  }
  if (api === 0 || api === 65_535) return startConsole(options);
  return startConsole({ ...options, port: api + 1 }).catch(() => startConsole(options));
}

/** Where there is no browser, the address has been printed. */
function openInBrowser(url: string): void {
  const command = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  const child = spawn(command, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
