import type { Clock } from '../domain/clock.ts';
import { hasUnresolvedAdd, isFinal, type RequestRecord } from '../domain/request-record.ts';
import type { ConversationLeases } from '../records/conversation-lease.ts';
import { DUE_SHARDS } from '../records/record-item.ts';
import type { RecordStore } from '../records/record-store.ts';
import { type FinishDeps, finishRequest, sendStoredResult } from './finish-request.ts';
import { sendConnectionResult } from './watch-connections.ts';

/** Records read from the index at a time. */
const PAGE = 500;
/** Records that are ended or sent at the same time. */
const WRITES_AT_ONCE = 50;
/** Records that are looked at in Genesys Cloud at the same time, and in one run. */
const LOOKS_AT_ONCE = 20;
const MOST_LOOKS = 500;
/** A request that could not be ended is tried again after this, in the same run. */
const TRY_AGAIN_MS = 5_000;
/** Time that a look may need, with its token and budget. No request is tried again with less. */
const LOOK_NEEDS_MS = 15_000;

/** Starts a run for each of these shards beside this one, in other instances. */
export type AskForHelp = (shards: readonly number[]) => Promise<void>;

export interface ReconcileDeps extends FinishDeps {
  clock: Pick<Clock, 'now' | 'sleep'>;
  records: RecordStore;
  leases: Pick<ConversationLeases, 'isHeld'>;
  /**
   * Finishes a request with an unresolved add: looks and never posts. Absent: such requests are left to
   * their message.
   * @returns whether the request has its result now
   */
  finishUnresolved?: ((record: RequestRecord, finishByMs: number) => Promise<boolean>) | undefined;
  /** Makes a look of the connection watch that is overdue. Absent: watches are not resumed. */
  resumeWatch?: ((record: RequestRecord, finishByMs: number) => Promise<void>) | undefined;
  /** Called once in a run that has much to do. Absent: the run does it alone. */
  askForHelp?: AskForHelp | undefined;
  /** Called for a record that could not be finished now. The next run retries it. */
  onFailure?: (record: RequestRecord, error: unknown) => void;
}

/** What a run did, in records. */
export interface Reconciled {
  expired: number;
  sent: number;
  unresolved: number;
  watched: number;
  /** No work was needed, or another writer was first. */
  left: number;
  failed: number;
}

type Work = Exclude<keyof Reconciled, 'failed'>;

/**
 * Finishes overdue work: ends requests past their deadline as `EXPIRED`, sends results that are not marked
 * as sent, finishes requests with an unresolved add by looking, and resumes overdue watches. Its writes have
 * the same conditions as the adder's, so that they cannot overwrite each other.
 *
 * A run that finds a whole page of work asks other instances for help: each takes a shard of the index.
 * @param finishByMs no new record is started after this; milliseconds since the epoch
 * @param ownShard this run helps another one with this shard only
 */
export async function reconcile(
  deps: ReconcileDeps,
  finishByMs: number,
  ownShard?: number,
): Promise<Reconciled> {
  const done: Reconciled = { expired: 0, sent: 0, unresolved: 0, watched: 0, left: 0, failed: 0 };
  let unfinished: RequestRecord[] = [];
  const attempt = async (record: RequestRecord) => {
    if (deps.clock.now() >= finishByMs) return;
    try {
      const work = await settle(deps, record, finishByMs);
      done[work] += 1;
      if (work === 'left' && !isFinal(record)) unfinished.push(record);
    } catch (error) {
      done.failed += 1;
      deps.onFailure?.(record, error);
    }
  };
  const attemptAgain = async (last: RequestRecord) => {
    const record = (await deps.records.get(last.requestId).catch(() => undefined)) ?? last;
    if (!isFinal(record)) await attempt(record);
  };
  const writes = limited(WRITES_AT_ONCE);
  // Calls to Genesys Cloud wait for the budget; meanwhile everything else goes on.
  const looks = limited(LOOKS_AT_ONCE);
  const looking: Promise<void>[] = [];
  const seen = new Set<string>();
  const shards = createShardChoice(deps.askForHelp, ownShard);
  while (deps.clock.now() < finishByMs) {
    const due = await deps.records.listDue(deps.clock.now(), PAGE, {
      except: seen,
      shard: shards.current(),
    });
    if (!(await shards.goOn(due.length))) break;
    for (const { requestId } of due) seen.add(requestId);
    const slow = due.filter(needsLook).slice(0, MOST_LOOKS - looking.length);
    looking.push(...slow.map((record) => looks(() => attempt(record))));
    const quick = due.filter((record) => !needsLook(record));
    await Promise.all(quick.map((record) => writes(() => attempt(record))));
  }
  await Promise.all(looking);
  // A process that crashed still holds the lease of its conversation, or a look has to wait. The next run
  // can be too late for these requests.
  const tryAgainByMs = finishByMs - LOOK_NEEDS_MS - TRY_AGAIN_MS;
  while (unfinished.length > 0 && deps.clock.now() <= tryAgainByMs) {
    await deps.clock.sleep(TRY_AGAIN_MS);
    const again = unfinished;
    unfinished = [];
    done.left -= again.length;
    await Promise.all(again.map((record) => looks(() => attemptAgain(record))));
  }
  return done;
}

/**
 * Which shard a run lists: all; its own after it has asked for help; and all again at the end, in case that a
 * helper was not started.
 */
function createShardChoice(askForHelp: AskForHelp | undefined, ownShard: number | undefined) {
  let shard = ownShard;
  let hasAsked = false;
  return {
    current: () => shard,
    /** @returns whether there is more to list */
    async goOn(found: number): Promise<boolean> {
      if (found === PAGE && askForHelp && ownShard === undefined && !hasAsked) {
        hasAsked = true;
        const [own, ...others] = DUE_SHARDS.keys();
        await askForHelp(others).then(
          () => {
            shard = own;
          },
          () => undefined,
        );
      } else if (found === 0) {
        if (shard === ownShard) return false;
        shard = ownShard;
      }
      return true;
    },
  };
}

/** Whether the next step with a record that is due is a call to Genesys Cloud. */
function needsLook(record: RequestRecord): boolean {
  if (!isFinal(record)) return hasUnresolvedAdd(record);
  return [record.result, record.connectionResult].every(
    (event) => event === undefined || event.sentAtMs !== undefined,
  );
}

async function settle(
  deps: ReconcileDeps,
  record: RequestRecord,
  finishByMs: number,
): Promise<Work> {
  if (isFinal(record)) return completeFinal(deps, record, finishByMs);
  if (deps.clock.now() < record.deadlineMs) return 'left';
  if (hasUnresolvedAdd(record)) {
    if (!deps.finishUnresolved) return 'left';
    return (await deps.finishUnresolved(record, finishByMs)) ? 'unresolved' : 'left';
  }
  // Only a receive that is under way holds a lease; it finishes the request itself.
  if (record.status === 'IN_PROGRESS') {
    const isHeld = await deps.leases.isHeld(record.conversationId, deps.clock.now());
    if (isHeld) return 'left';
  }
  const verdict = { code: 'DEADLINE_EXCEEDED', detail: whyExpired(record) } as const;
  return (await finishRequest(deps, record, { verdict })) ? 'expired' : 'left';
}

async function completeFinal(
  deps: ReconcileDeps,
  record: RequestRecord,
  finishByMs: number,
): Promise<Work> {
  const { result, connectionResult } = record;
  if (result && result.sentAtMs === undefined) {
    await sendStoredResult(deps, record);
    return 'sent';
  }
  if (connectionResult && connectionResult.sentAtMs === undefined) {
    await sendConnectionResult(deps, record);
    return 'sent';
  }
  if (!record.watch || !deps.resumeWatch) return 'left';
  await deps.resumeWatch(record, finishByMs);
  return 'watched';
}

function whyExpired({ deadlineMs, receives, lastCause }: RequestRecord): string {
  const deadline = new Date(deadlineMs).toISOString();
  const cause =
    lastCause?.detail ??
    (receives === 0 ? 'it waited in the queue until then.' : 'no receive finished before then.');
  return `Not carried out before the deadline (${deadline}): ${cause}`;
}

/** Runs tasks, so many of them at the same time. */
function limited(atOnce: number): (task: () => Promise<void>) => Promise<void> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= atOnce) await new Promise<void>((start) => waiting.push(start));
    else running += 1;
    try {
      await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
