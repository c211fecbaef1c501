import { SQSClient } from '@aws-sdk/client-sqs';
import { formatTable } from './demo/format-table.ts';
import { type Ending, playStory } from './demo/play-story.ts';
import { createStories } from './demo/stories.ts';
import { tellOutcome } from './story/tell.ts';
import { LOCAL_CREDENTIALS } from './system/local-aws.ts';
import { readSettings } from './system/read-settings.ts';
import { type LocalSystem, startSystem } from './system/start-system.ts';

/** Taken out of the environment: a demo must never ring somebody, or send to a real receiver. */
const NOT_FOR_A_DEMO = [
  'GENESYS_ENV',
  'GENESYS_CLIENT_ID',
  'GENESYS_CLIENT_SECRET',
  'EXTERNAL_WEBHOOK_URL',
  'WEBHOOK_SIGNING_KEY',
];

/**
 * `npm run demo`: starts the whole system, sends it what people would send, and shows what became
 * of each. Exit code 0 only if every one ended as it should.
 */
export async function main(): Promise<number> {
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const environment = {
    ...process.env,
    // Beside a system that runs already.
    PORT: '0',
    LOCAL_FOLDER: `.local/demo-${process.pid}`,
    // Empty and not absent: .env, which serverless reads, does not get through then.
    ...Object.fromEntries(NOT_FOR_A_DEMO.map((name) => [name, ''])),
  };
  const problems: string[] = [];
  const acceptedAtMs = new Map<string, number>();
  print('Starting the system on this machine …');
  const system = await startSystem({
    settings: readSettings(environment),
    environment,
    onProblem: (problem) => problems.push(problem),
    onLogEntry: (entry) => {
      if (entry.message === 'accepted' && entry.correlation_id) {
        acceptedAtMs.set(entry.correlation_id, Date.parse(entry.timestamp));
      }
      if (entry.level === 'ERROR') problems.push(`${entry.service}: ${entry.message}`);
    },
  });
  const client = new SQSClient({
    endpoint: system.endpoints.sqsEndpoint,
    region: system.endpoints.region,
    credentials: LOCAL_CREDENTIALS,
  });
  try {
    const endings: Ending[] = [];
    for (const story of createStories()) {
      endings.push(await playStory(story, { system, client, acceptedAtMs }));
    }
    problems.push(...findDoubleRings(system));
    print(report(endings, problems));
    const isWell = problems.length === 0 && endings.every(({ complaints }) => !complaints.length);
    return isWell ? 0 : 1;
  } finally {
    client.destroy();
    await system.stop();
  }
}

/** Nobody's telephone may have rung twice in one conversation. */
function findDoubleRings({ genesys }: LocalSystem): string[] {
  const rings = genesys?.state.organisation.rings ?? [];
  return rings
    .filter(({ wasInAlready }) => wasInAlready)
    .map(({ who, conversationId }) => `${who} was rung while in ${conversationId} already`);
}

function report(endings: Ending[], problems: string[]): string {
  const time = (ms: number | undefined) => (ms === undefined ? '' : `+${ms} ms`);
  const rows = endings.map(
    ({ story, answer, acceptedMs, addedMs, verifiedMs, result, ...rest }) => [
      story.title,
      answer,
      time(acceptedMs),
      time(addedMs),
      time(verifiedMs),
      result ? [result.status, ...result.participants.map(tellOutcome)].join(', ') : 'refused',
      rest.complaints.length === 0
        ? 'as it should'
        : `NOT as it should: ${rest.complaints.join('; ')}`,
    ],
  );
  return [
    '',
    formatTable([
      ['story', 'answer', 'accepted', 'added', 'webhook verified', 'result', 'ended'],
      ...rows,
    ]),
    '',
    ...problems.map((problem) => `Problem: ${problem}`),
    'Times since the request was sent. The first one finds no function started yet.',
  ].join('\n');
}
