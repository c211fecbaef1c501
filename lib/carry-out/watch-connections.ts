import { AdderError } from '../domain/adder-error.ts';
import { buildConnectionResult } from '../domain/build-connection-result.ts';
import { connectionEventId } from '../domain/event-id.ts';
import { eventSent, watchFinished, watchObserved } from '../domain/event-transitions.ts';
import {
  concludeConnections,
  isEveryoneDecided,
  observeConnections,
  type WatchedConversation,
} from '../domain/observe-connections.ts';
import type { RecordedEvent, RequestRecord, Watch } from '../domain/request-record.ts';
import { mayLook, nextLookMs } from '../domain/start-watch.ts';
import { createCallBudget, OutOfTimeError } from '../genesys/api/call-budget.ts';
import type { GenesysClient } from '../genesys/api/genesys-client.ts';
import { lookAtConversation } from '../genesys/conversation/read-conversation.ts';
import type { CallAllowance } from '../genesys/pace/call-allowance.ts';
import { bytesOf, type FinishDeps, writeContext } from './finish-request.ts';

/** Deliveries of SQS and clocks of two machines differ by that much. */
const EARLY_MS = 1_500;
/** People who fit into a conversation: nothing is decided by it here. */
const ANY_LIMIT = 20;
/** A look for which the invocation has no time is made after this. */
const OUT_OF_TIME_MS = 2_000;
/** Time limit of a look, so that it ends before the next one starts. */
const LOOK_TIMEOUT_MS = 5_000;
/** A look ends this long before the end of the watch, for writing and sending the event. */
const EVENT_NEEDS_MS = 2_000;
/** Longest correlation id that is kept, in characters. */
const MAX_CORRELATION_ID = 128;
/** Reads are not repeated in place: the next look repeats them. */
const NO_PATIENCE_MS = 0;
/** Deliveries and sends write the same record: a write is tried again so often. */
const MAX_CONFLICTS = 5;

export interface WatchDeps extends FinishDeps {
  client: Pick<GenesysClient, 'read'>;
  allowance: Pick<CallAllowance, 'acquire' | 'release'>;
  /** Redacts and bounds foreign text. */
  clean: (text: string, maxLength: number) => string;
  /** Told of every connection event, once it is written. */
  onConnectionResult?: (record: RequestRecord, event: RecordedEvent) => void;
}

/** What a look has found. */
interface Look {
  conversation?: WatchedConversation;
  /** Whether Genesys Cloud was called. */
  isMade: boolean;
  /** When it may be tried again, where it was not made. */
  retryAtMs?: number;
  correlationIds: readonly string[];
}

/**
 * One step of a connection watch, from what the record holds: a look if one is due, then either the
 * next look is scheduled or the connection event goes out. Does nothing where no look is due or the
 * watch has ended. Looks take only calls that no add is waiting for.
 * @param finishByMs calls to Genesys Cloud have to be over by then; milliseconds since the epoch
 * @throws the SDK's errors, and AdderError where the budget cannot be read: to be tried again
 */
export async function watchConnections(
  deps: WatchDeps,
  record: RequestRecord,
  finishByMs: number,
): Promise<void> {
  const { watch, result } = record;
  if (!watch || !result) return;
  if (isEveryoneDecided(record)) {
    await finishWatch(deps, record, { participants: record.participants, watch, look: NO_LOOK });
    return;
  }
  // A message that was delivered twice, after the look was made.
  if (deps.clock.now() < watch.nextLookAtMs - EARLY_MS) return;
  const look = mayLook(watch) ? await lookOnce(deps, record, watch, finishByMs) : NO_LOOK;
  const participants = look.conversation
    ? observeConnections(record, look.conversation)
    : record.participants;
  const looks = watch.looks + (look.isMade ? 1 : 0);
  const { retryAtMs } = look;
  const nextLookAtMs = isEveryoneDecided({ ...record, participants })
    ? undefined
    : nextLookMs(watch, { looks, nowMs: deps.clock.now(), retryAtMs });
  if (nextLookAtMs === undefined) {
    await finishWatch(deps, record, { participants, watch: { ...watch, looks }, look });
    return;
  }
  const next: Watch = { ...watch, looks, nextLookAtMs };
  const written = await writeWatch(deps, record, (current) =>
    watchObserved(current, participants, next, writeContext(deps)),
  );
  if (written) await deps.scheduleWatch?.(written, next.nextLookAtMs);
}

const NO_LOOK: Look = { isMade: false, correlationIds: [] };

async function lookOnce(
  { client, allowance, clock, clean }: WatchDeps,
  { conversationId, callerId }: RequestRecord,
  watch: Watch,
  finishByMs: number,
): Promise<Look> {
  const grant = await allowance.acquire(1, { callerId, priority: 'low' });
  if (!grant.granted) {
    return { isMade: false, retryAtMs: grant.retryAtMs, correlationIds: [] };
  }
  const deadlineMs = lookEndsMs(watch, clock.now());
  const budget = createCallBudget({ finishByMs, deadlineMs, priority: 'low', grant });
  const found = (): Look => ({
    isMade: budget.calls > 0,
    correlationIds: budget.correlationIds.map((id) => clean(id, MAX_CORRELATION_ID)),
  });
  try {
    const conversation = await lookAtConversation(
      client,
      conversationId,
      ANY_LIMIT,
      budget,
      NO_PATIENCE_MS,
    );
    return { ...found(), conversation };
  } catch (error) {
    if (!(error instanceof AdderError || error instanceof OutOfTimeError)) throw error;
    if (budget.calls > 0) return found();
    const retryAfterMs = error instanceof AdderError ? error.retryAfterMs : undefined;
    return { ...found(), retryAtMs: clock.now() + (retryAfterMs ?? OUT_OF_TIME_MS) };
  } finally {
    if (budget.grant) await allowance.release(budget.grant);
  }
}

/** When a look is given up. One that is overdue has no end of the watch to keep. */
function lookEndsMs({ untilMs }: Watch, nowMs: number): number {
  const lastMs = untilMs - EVENT_NEEDS_MS;
  return nowMs < lastMs ? Math.min(lastMs, nowMs + LOOK_TIMEOUT_MS) : nowMs + LOOK_TIMEOUT_MS;
}

async function finishWatch(
  deps: WatchDeps,
  record: RequestRecord,
  known: { participants: RequestRecord['participants']; watch: Watch; look: Look },
): Promise<void> {
  const { look, watch } = known;
  const participants = concludeConnections({ ...record, participants: known.participants });
  const nowMs = deps.clock.now();
  const body = buildConnectionResult(
    { ...record, participants },
    { looks: watch.looks, correlationIds: look.correlationIds, nowMs },
  );
  const event: RecordedEvent = {
    eventId: connectionEventId(record.requestId, record.run),
    ...bytesOf(body),
    finishedAtMs: nowMs,
  };
  const written = await writeWatch(deps, record, (current) =>
    watchFinished(current, participants, event, writeContext(deps)),
  );
  if (!written) return;
  deps.onConnectionResult?.(written, event);
  await sendConnectionResult(deps, written);
}

/**
 * Sends the connection event of a record, byte for byte as it is stored, and marks it as sent. It may
 * be sent more than once: the event id is the same every time.
 * @throws the SDK's errors where it could not be sent; the reconciler sends it then
 */
export async function sendConnectionResult(deps: FinishDeps, record: RequestRecord): Promise<void> {
  const { connectionResult } = record;
  if (!connectionResult) return;
  if ((await deps.sendResult(connectionResult)) === 'refused') {
    throw new Error('The audit queue refuses the connection event');
  }
  let current: RequestRecord | undefined = record;
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
    const isOpen = current?.connectionResult?.eventId === connectionResult.eventId;
    if (!current || !isOpen || current.connectionResult?.sentAtMs !== undefined) return;
    const sent = eventSent(current, 'connectionResult', writeContext(deps));
    if (await deps.records.replace(current, sent)) return;
    current = await deps.records.get(record.requestId);
  }
}

/** @returns `undefined` where another look was first */
async function writeWatch(
  deps: WatchDeps,
  seen: RequestRecord,
  change: (current: RequestRecord) => RequestRecord,
): Promise<RequestRecord | undefined> {
  let current = seen;
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
    const next = change(current);
    if (await deps.records.replace(current, next)) return next;
    const latest = await deps.records.get(seen.requestId);
    const isSameWatch =
      latest?.watch?.looks === seen.watch?.looks &&
      latest?.watch?.nextLookAtMs === seen.watch?.nextLookAtMs &&
      latest?.run === seen.run;
    if (!latest?.watch || !isSameWatch) return undefined;
    current = latest;
  }
  throw new Error('The record changes faster than it can be written');
}
