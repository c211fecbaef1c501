import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  FREE_USERS,
  GENERIC_CONVERSATION,
  OFFLINE_USER,
  PLATFORM_CONVERSATION,
  PRESENT,
  SAMPLE_USERS,
} from './genesys/sample-organisation.ts';
import {
  type Chapter,
  formatChapter,
  tellDelivery,
  tellLogEntry,
  tellRelayed,
} from './story/tell.ts';
import { readSettings, type Settings } from './system/read-settings.ts';
import { type LocalSystem, startSystem } from './system/start-system.ts';

/** Whatever hangs, the process is gone after this. */
const STOP_LIMIT_MS = 1_500;

/** `npm start`: the whole system on this machine, and one line for each thing that happens. */
export async function main(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const settings = readSettings(process.env);
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const tell = (chapter: Chapter | undefined) => {
    if (chapter) print(formatChapter(chapter));
  };
  const problem = (text: string) => tell({ atMs: Date.now(), what: 'ERROR', text });

  print('Starting …');
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

  const system = await startSystem({
    settings,
    environment: process.env,
    onLogEntry: (entry) => {
      tell(tellLogEntry(entry));
      // Where the receiver is ours, its own word counts.
      if (settings.webhookUrl) tell(tellRelayed(entry));
    },
    onDelivery: (delivery) => tell(tellDelivery(delivery)),
    onProblem: problem,
    onEnd: (why) => {
      problem(why);
      stop(1);
    },
  });
  stopSystem = () => system.stop();
  for (const line of await introduce(system, settings)) print(line);
}

async function introduce({ endpoints }: LocalSystem, settings: Settings): Promise<string[]> {
  const { apiUrl, queues, secrets } = endpoints;
  return [
    '',
    `The API is ready        ${apiUrl}/conversations/{conversationId}/participants`,
    `Genesys Cloud           ${settings.genesys ? settings.genesys.environment : `${endpoints.genesysUrl} (stand-in)`}`,
    `Webhook receiver        ${settings.webhookUrl ? new URL(settings.webhookUrl).origin : `${endpoints.webhookUrl} (verifies each signature)`}`,
    ...(settings.webhookUrl && settings.isSigningKeyGenerated
      ? [
          `Signing key             in ${await writeSigningKey(settings)}; set WEBHOOK_SIGNING_KEY for your own`,
        ]
      : []),
    `SQS                     ${endpoints.sqsEndpoint} (AWS_ENDPOINT_URL_SQS; any credentials, region ${endpoints.region})`,
    ...Object.values(queues).map(({ url }) => `                        ${url}`),
    `Secrets Manager         ${endpoints.secretsManagerEndpoint} (AWS_ENDPOINT_URL_SECRETS_MANAGER)`,
    `                        ${Object.values(secrets).join(', ')}`,
    `DynamoDB                ${endpoints.dynamoDbEndpoint} (AWS_ENDPOINT_URL_DYNAMODB)`,
    `                        ${Object.values(endpoints.tables).join(', ')}`,
    `All of this as JSON     ${join(settings.folder, 'endpoints.json')}`,
    ...(settings.genesys ? tellLiveUse(apiUrl) : tellSamples(apiUrl)),
    '',
    'Ctrl-C stops it. What happens, with the times in UTC and the correlation id in brackets:',
  ];
}

function tellSamples(apiUrl: string): string[] {
  const nameOf = (id: string) =>
    Object.entries(SAMPLE_USERS).find(([, known]) => known === id)?.[0] ?? id;
  const conversations = [
    [PLATFORM_CONVERSATION, 'a call of the live platform'],
    [GENERIC_CONVERSATION, 'a conversation of the generic endpoint'],
  ] as const;
  return [
    '',
    'Sample users',
    ...Object.entries(SAMPLE_USERS).map(([name, id]) => `  ${id}  ${name}${remark(id)}`),
    ...conversations.flatMap(([id, kind], index) => [
      '',
      `Conversation ${id}, ${kind}; in it: ${PRESENT[id].map(nameOf).join(', ')}`,
      curl(apiUrl, id, [
        FREE_USERS[2 * index] ?? '',
        FREE_USERS[2 * index + 1] ?? '',
        OFFLINE_USER,
      ]),
    ]),
  ];
}

function remark(id: string): string {
  switch (id) {
    case SAMPLE_USERS.dov:
      return ' (offline)';
    case SAMPLE_USERS.elif:
      return ' (inactive)';
    case SAMPLE_USERS.farah:
      return ' (deleted)';
    case SAMPLE_USERS.goran:
      return ' (presence unknown)';
    default:
      return '';
  }
}

function tellLiveUse(apiUrl: string): string[] {
  return ['', 'With ids of your organisation:', curl(apiUrl, 'CONVERSATION-ID', ['USER-ID'])];
}

function curl(apiUrl: string, conversationId: string, userIds: string[]): string {
  const body = JSON.stringify({ participants: userIds.map((id) => ({ id })) });
  return `  curl -i ${apiUrl}/conversations/${conversationId}/participants -H 'content-type: application/json' -d '${body}'`;
}

/** A signing key never goes to the screen: somebody's terminal is somebody's log. */
async function writeSigningKey({ folder, signingKeys }: Settings): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'webhook-signing-key');
  await writeFile(file, `${signingKeys.join('\n')}\n`, { mode: 0o600 });
  return file;
}
