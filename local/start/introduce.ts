import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PLATFORM_CONVERSATION, SAMPLE_USERS } from '../genesys/sample-organisation.ts';
import type { Endpoints } from '../system/endpoints-file.ts';
import type { Settings } from '../system/read-settings.ts';

/** Enough to try things with; the console page has all of them. */
const SHOWN_USERS = ['hana', 'ivo', 'jun', 'ada', 'dov'] as const;
const REMARKS: Partial<Record<(typeof SHOWN_USERS)[number], string>> = {
  ada: '(in the call already)',
  dov: '(offline)',
};

/** What `npm start` prints once everything runs: the page first, then lines to paste. 80 columns. */
export async function introduce(
  endpoints: Endpoints,
  consoleUrl: string,
  settings: Settings,
): Promise<string[]> {
  return [
    '',
    `Console page   ${consoleUrl}   (npm start -- --open opens it)`,
    `API            ${endpoints.apiUrl}`,
    ...tellOutside(endpoints, settings),
    ...(await tellSigningKey(settings)),
    `More           ${join(settings.folder, 'endpoints.json')}`,
    ...tellAuth(settings),
    ...(settings.genesys ? tellLiveUse(endpoints) : tellSamples(endpoints)),
    '',
    'Ctrl-C stops it. What happens: time (UTC), request id, event',
  ];
}

function tellOutside({ webhookUrl }: Endpoints, settings: Settings): string[] {
  return [
    ...(settings.genesys ? [`Genesys Cloud  ${settings.genesys.environment}`] : []),
    `Webhooks to    ${settings.webhookUrl ? new URL(settings.webhookUrl).origin : `${webhookUrl} (verifies each signature)`}`,
  ];
}

function tellAuth({ auth }: Settings): string[] {
  if (auth === 'none') return [];
  const how = auth === 'iam' ? 'signed with its credentials' : 'with one of its tokens';
  return [`The API asks   for requests ${how} (LOCAL_AUTH=${auth})`];
}

function tellSamples(endpoints: Endpoints): string[] {
  return [
    '',
    'Sample users (all of them: on the console page)',
    ...SHOWN_USERS.map((name) =>
      `  ${name.padEnd(5)} ${SAMPLE_USERS[name]}  ${REMARKS[name] ?? ''}`.trimEnd(),
    ),
    '',
    'Add hana to the platform call by the API, then ivo by the queue:',
    ...lines(endpoints, PLATFORM_CONVERSATION, SAMPLE_USERS.hana, SAMPLE_USERS.ivo),
  ];
}

function tellLiveUse(endpoints: Endpoints): string[] {
  return [
    '',
    'With ids of your organisation, by the API and by the queue:',
    ...lines(endpoints, 'CONVERSATION-ID', 'USER-ID', 'USER-ID'),
  ];
}

function lines(
  { apiUrl, queues }: Endpoints,
  conversationId: string,
  user: string,
  otherUser: string,
): string[] {
  const queueUrl = queues.RequestQueue?.url ?? '';
  const lastSlash = queueUrl.lastIndexOf('/');
  const body = `"participants":[{"id":"'$U'"}]}'`;
  return [
    `  C=${conversationId} U=${user}`,
    `  curl -i ${apiUrl}/conversations/$C/participants \\`,
    `    -H 'content-type: application/json' -d '{${body}`,
    '',
    `  U=${otherUser} Q=${queueUrl.slice(0, lastSlash)}`,
    `  curl $Q${queueUrl.slice(lastSlash)} \\`,
    '    -d Action=SendMessage -d MessageGroupId=$C \\',
    '    -d MessageDeduplicationId=$RANDOM \\',
    `    -d MessageBody='{"conversationId":"'$C'",${body}`,
  ];
}

/** A signing key never goes to the screen: terminals are recorded. */
async function tellSigningKey(settings: Settings): Promise<string[]> {
  if (!settings.webhookUrl || !settings.isSigningKeyGenerated) return [];
  const { folder, signingKeys } = settings;
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'webhook-signing-key');
  await writeFile(file, `${signingKeys.join('\n')}\n`, { mode: 0o600 });
  return [`Signing key    in ${file} (WEBHOOK_SIGNING_KEY sets your own)`];
}
