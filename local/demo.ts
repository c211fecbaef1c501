import { setTimeout as delay } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { formatEndings } from './demo/format-endings.ts';
import { type Ending, playStory } from './demo/play-story.ts';
import { createStories } from './demo/stories.ts';
import { formatChapter, showsColours } from './story/format-chapter.ts';
import { createStoryboard } from './story/storyboard.ts';
import { LOCAL_CREDENTIALS } from './system/local-credentials.ts';
import { readSettings } from './system/read-settings.ts';
import { type LocalSystem, startSystem } from './system/start-system.ts';
import { withoutRealSystems } from './system/without-real-systems.ts';

/**
 * `npm run demo`: starts the whole system, sends it what people would send, tells what happens as it
 * happens, and sums up. Exit code 0 only if every story ended as it should.
 */
export async function main(): Promise<number> {
  const colours = showsColours(process.stdout, process.env);
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const environment = {
    ...withoutRealSystems(process.env),
    // Beside a system that runs already.
    PORT: '0',
    LOCAL_FOLDER: `.local/demo-${process.pid}`,
  };
  const problems: string[] = [];
  const acceptedAtMs = new Map<string, number>();
  let running: LocalSystem | undefined;
  const storyboard = createStoryboard({
    genesys: () => running?.genesys?.state,
    onChapter: (chapter) => print(formatChapter(chapter, colours)),
  });
  const system = await startSystem({
    settings: readSettings(environment),
    environment,
    onProgress: (what) => print(`Starting: ${what} …`),
    onProblem: (problem) => problems.push(problem),
    onDelivery: (delivery) => storyboard.hearDelivery(delivery),
    onGenesysEvent: (event) => storyboard.hearGenesys(event),
    onLogEntry: (entry) => {
      storyboard.hearLogEntry(entry);
      if (entry.message === 'accepted' && entry.correlation_id) {
        acceptedAtMs.set(entry.correlation_id, Date.parse(entry.timestamp));
      }
      if (entry.level === 'ERROR') problems.push(`${entry.service}: ${entry.message}`);
    },
  });
  running = system;
  const client = new SQSClient({
    endpoint: system.endpoints.sqsEndpoint,
    region: system.endpoints.region,
    credentials: LOCAL_CREDENTIALS,
  });
  /** The log line of a result may come after its webhook; the next story begins after both. */
  async function resultIsTold(correlationId: string): Promise<void> {
    const isTold = () =>
      storyboard.stories().some((story) => story.event?.audit.correlation_id === correlationId);
    for (let looks = 0; looks < 40 && !isTold(); looks += 1) await delay(50);
  }
  try {
    const endings: Ending[] = [];
    for (const story of createStories()) {
      print(`\n${endings.length + 1}. ${story.title}`);
      endings.push(await playStory(story, { system, client, acceptedAtMs }));
      if (story.expectedResult) await resultIsTold(story.correlationId);
    }
    problems.push(...findDoubleRings(system));
    for (const line of formatEndings(endings)) print(line);
    for (const problem of problems) print(`Problem: ${problem}`);
    print('\nnpm start leaves the system running, with a page to look at.');
    const isWell = problems.length === 0 && endings.every(({ complaints }) => !complaints.length);
    return isWell ? 0 : 1;
  } finally {
    client.destroy();
    await system.stop();
  }
}

/** No telephone may have rung twice in one conversation. */
function findDoubleRings({ genesys }: LocalSystem): string[] {
  const rings = genesys?.state.organisation.rings ?? [];
  return rings
    .filter(({ wasInAlready }) => wasInAlready)
    .map(({ who, conversationId }) => `${who} was rung while in ${conversationId} already`);
}
