import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { OTHERS_REQUESTS, type Scene } from '../flood-scenes.ts';
import { measureOthers, postFlood } from '../measure-waits.ts';
import { busiestWindow } from './busiest-window.ts';
import type { InvocationCounts } from './process-pool.ts';
import { type ProcessorUse, processorUse, readProcessorTime } from './processor-time.ts';
import type { EmulatedSystem } from './start-emulated-system.ts';
import type { TableCounts } from './start-table-proxy.ts';

const MINUTE_MS = 60_000;
const LOOK_MS = 200;

/** What was measured in a scene, or without a flood. All times are in seconds. */
export interface SceneResult {
  what: string;
  /** From the post to the verified webhook, of each of the others' requests. */
  waits: number[];
  /** From the post to the response of intake. */
  accepted: number[];
  /** From the post to the first batch with the request. */
  queued: number[];
  /** How long posting the flood took. */
  flooding: number;
  /** From the first post to the last result. */
  whole: number;
  requests: number;
  /** Number of results of each status. */
  statuses: { flood: Record<string, number>; others: Record<string, number> };
  genesysCalls: number;
  tokenRequests: number;
  busiestMinute: number;
  tooManyRequests: number;
  table: TableCounts;
  invocations: Record<string, InvocationCounts>;
  problems: Record<string, number>;
  processor: ProcessorUse & { loadBefore: number };
  /** Violated promises of the service. */
  violations: string[];
}

/**
 * Measures the others' requests beside a flood, or without one.
 * @param settleSeconds maximum wait for the results of the flood after those of the others
 */
export async function measureScene(
  system: EmulatedSystem,
  scene: Omit<Scene, 'goals'>,
  settleSeconds: number,
): Promise<SceneResult> {
  const { state } = system.genesys;
  const { log } = system;
  takeCounts(system);
  const callsBefore = state.calls.length;
  const ringsBefore = state.organisation.rings.length;
  const postsBefore = log.posts.length;
  const processorBefore = await readProcessorTime();
  const loadBefore = loadavg()[0] ?? 0;
  const startedAtMs = performance.now();
  await postFlood(system, scene.flood(system.genesys));
  const flooding = (performance.now() - startedAtMs) / 1_000;
  const floodEnd = log.posts.length;
  const waits = await measureOthers(system, scene.others ?? OTHERS_REQUESTS);
  const others = log.posts.slice(floodEnd);
  const posts = log.posts.slice(postsBefore);
  const endMs = performance.now() + settleSeconds * 1_000;
  const isPending = () => posts.some(({ resultIds }) => resultIds.size === 0);
  while (isPending() && performance.now() < endMs) await delay(LOOK_MS);
  state.faults.length = 0;

  const calls = state.calls.slice(callsBefore);
  const paced = (all: typeof calls) =>
    all.filter(({ path }) => path !== '/oauth/token').map(({ atMs }) => atMs);
  const secondsTo = (field: 'acceptedAtMs' | 'receivedAtMs') =>
    others.map((post) => ((post[field] ?? Number.NaN) - post.postedAtMs) / 1_000);
  const result: SceneResult = {
    what: scene.what,
    waits,
    accepted: secondsTo('acceptedAtMs'),
    queued: secondsTo('receivedAtMs'),
    flooding,
    whole: (performance.now() - startedAtMs) / 1_000,
    requests: posts.length,
    statuses: {
      flood: countStatuses(log.posts.slice(postsBefore, floodEnd)),
      others: countStatuses(others),
    },
    genesysCalls: paced(calls).length,
    tokenRequests: calls.length - paced(calls).length,
    // Calls of the row before count too.
    busiestMinute: busiestWindow(paced(state.calls), MINUTE_MS),
    tooManyRequests: calls.filter(({ status }) => status === 429).length,
    processor: {
      ...processorUse(processorBefore, await readProcessorTime()),
      loadBefore,
    },
    ...takeCounts(system),
    violations: [],
  };
  result.violations = violationsOf(result, posts, {
    rungTwice: state.organisation.rings.slice(ringsBefore).filter((ring) => ring.wasInAlready)
      .length,
    allowed: state.behaviour.requestsPerMinute,
    isSettled: settleSeconds > 0,
  });
  return result;
}

function countStatuses(posts: readonly { status?: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status = 'no result' } of posts) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Counts since the last call. */
function takeCounts({ table, pools, log }: EmulatedSystem) {
  const problems = Object.fromEntries(log.problems);
  log.problems.clear();
  return {
    table: table.takeCounts(),
    invocations: Object.fromEntries(
      Object.entries(pools).map(([name, pool]) => [name, pool.takeInvocations()]),
    ),
    problems,
  };
}

function violationsOf(
  { busiestMinute }: SceneResult,
  posts: readonly { resultIds: ReadonlySet<string> }[],
  seen: { rungTwice: number; allowed: number; isSettled: boolean },
): string[] {
  const without = posts.filter(({ resultIds }) => resultIds.size === 0).length;
  const several = posts.filter(({ resultIds }) => resultIds.size > 1).length;
  return [
    ...(without > 0 && seen.isSettled ? [`${without} requests without a result`] : []),
    ...(several > 0 ? [`${several} requests with more than one result`] : []),
    ...(seen.rungTwice > 0 ? [`${seen.rungTwice} people rung who were there already`] : []),
    ...(busiestMinute > seen.allowed
      ? [`${busiestMinute} calls in a minute, ${seen.allowed} are allowed`]
      : []),
  ];
}
