import { readMessage } from '../../functions/adder/read-message.ts';
import type { OutgoingMessage } from '../../lib/aws/send-message.ts';
import { requestDigest } from '../../lib/carry-out/request-digest.ts';
import type { Clock } from '../../lib/domain/clock.ts';
import { DEADLINE_SECONDS } from '../../lib/domain/deadline-seconds.ts';
import { rerun } from '../../lib/domain/record-transitions.ts';
import { isFinal, type RequestRecord } from '../../lib/domain/request-record.ts';
import { TransitionError } from '../../lib/domain/write-record.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import type { PreparedLetter, PrepareLetter } from './prepare-letter.ts';
import { type Letter, RECEIVE_LIMIT } from './read-letter.ts';

export interface PrepareRequestDeps {
  /** The request queue. */
  targetUrl: string;
  records: Pick<RecordStore, 'get' | 'replace'>;
  clock: Pick<Clock, 'now'>;
  newWriteId: () => string;
  /** How long records are kept. One that is kept longer keeps its time. */
  retentionMs: number;
  /** The new deadline, from now. Default: as long as the request had at first. */
  deadlineSeconds?: number | undefined;
}

/** Other writers of the record, such as the relay, are few. */
const MAX_TRIES = 5;

/**
 * Prepares dead letters of the request queue: raises `run` in the record, so that the message starts a new
 * run. If an earlier redrive has raised it and no message of that run was received, the message is sent
 * for that run.
 */
export function createPrepareRequest(deps: PrepareRequestDeps): PrepareLetter {
  return async (letter) => {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const prepared = await prepareOnce(deps, letter);
      if (prepared) return prepared;
    }
    return { kind: 'leave', why: 'its record changes all the time: try again' };
  };
}

/** @returns `undefined` if the record has changed since it was read */
async function prepareOnce(
  deps: PrepareRequestDeps,
  letter: Letter,
): Promise<PreparedLetter | undefined> {
  const { request, refusal } = readMessage(asReceived(letter), deps.clock.now());
  const record = await deps.records.get(letter.recordId ?? request.requestId);
  if (!record || requestDigest(record) !== requestDigest(request))
    return withoutRecord(deps, letter);
  if (!isFinal(record)) return unfinished(deps, letter, record);
  if (record.status === 'SUCCESS') {
    return { kind: 'remove', why: 'the request has succeeded, nothing is left to do' };
  }
  const deadlineMs = newDeadlineMs(deps, letter, record);
  const nowMs = deps.clock.now();
  try {
    const next = rerun(
      record,
      { run: record.run + 1, deadlineMs },
      {
        nowMs,
        writeId: deps.newWriteId(),
        retentionMs: Math.max(deps.retentionMs, record.expiresAtMs - nowMs),
      },
    );
    if (!(await deps.records.replace(record, next))) return undefined;
    const run = `run ${next.run}, until ${toTime(deadlineMs)}`;
    const again = refusal ? '; it is no valid request and will be refused again' : '';
    return sendIn(deps, letter, next, `${run}${again}`);
  } catch (error) {
    if (!(error instanceof TransitionError)) throw error;
    return {
      kind: 'leave',
      why: 'its last result or connection event is not on the audit queue yet: try again in two minutes',
    };
  }
}

/**
 * The adder adds people only with a record. A message that SQS gave up before there was one can start
 * as a new request. Once there was a record, the people whom it named could be rung a second time.
 */
function withoutRecord(deps: PrepareRequestDeps, letter: Letter): PreparedLetter {
  if (letter.reason !== RECEIVE_LIMIT || letter.redrive > 0) {
    return {
      kind: 'leave',
      why: 'its record does not exist, so it is unknown who was rung: send a new request instead',
    };
  }
  const body = withDeadline(letter, deps);
  const message = { ...toMessage(deps, letter, 0), body };
  return {
    kind: 'send',
    message,
    why: 'it has no record yet: sent as a new message, not a new run',
  };
}

/** The request has no result in its present run. */
function unfinished(
  deps: PrepareRequestDeps,
  letter: Letter,
  record: RequestRecord,
): PreparedLetter {
  const { run, receives, deadlineMs } = record;
  const isLate = deadlineMs <= deps.clock.now();
  if (isLate) {
    return {
      kind: 'leave',
      why: `run ${run} is about to end as EXPIRED: try again in two minutes`,
    };
  }
  if (run > letter.redrive && receives > 0) {
    return { kind: 'leave', why: `it is being carried out already, in run ${run}` };
  }
  const until = `until ${toTime(deadlineMs)}`;
  return run > letter.redrive
    ? sendIn(deps, letter, record, `run ${run}, raised by an earlier redrive, ${until}`)
    : sendIn(deps, letter, record, `it has no result yet: run ${run} goes on, ${until}`);
}

function sendIn(
  deps: PrepareRequestDeps,
  letter: Letter,
  { requestId, run }: RequestRecord,
  why: string,
): PreparedLetter {
  const attributes = {
    // The adder believes it only if the record is in this run.
    ...(run > 0 ? { redrive: String(run) } : {}),
    // For a body without a request id: the copy has another message id.
    request_id: requestId,
  };
  return { kind: 'send', message: { ...toMessage(deps, letter, run), attributes }, why };
}

function toMessage(
  { targetUrl }: PrepareRequestDeps,
  { id, body, groupId }: Letter,
  run: number,
): OutgoingMessage {
  return {
    queueUrl: targetUrl,
    body,
    groupId: groupId ?? id,
    // A letter that is sent twice within five minutes, after a crash between send and delete, is one.
    deduplicationId: `redrive-${id}-${run}`,
  };
}

/** As long as the request had at first. The record has the deadline of its last run. */
function newDeadlineMs(
  { clock, deadlineSeconds }: PrepareRequestDeps,
  letter: Letter,
  { requestedAtMs }: Pick<RequestRecord, 'requestedAtMs'>,
): number {
  const { min, max } = DEADLINE_SECONDS;
  const first = letter.deadlineMs ?? requestedAtMs + DEADLINE_SECONDS.default * 1_000;
  const seconds = deadlineSeconds ?? (first - requestedAtMs) / 1_000;
  return Math.round(clock.now() + Math.min(Math.max(seconds, min), max) * 1_000);
}

/** A message without a record brings its deadline along, in its body. */
function withDeadline(letter: Letter, deps: PrepareRequestDeps): string {
  try {
    const json = JSON.parse(letter.body);
    const requestedAtMs = Date.parse(json.requestedAt) || letter.sentAtMs;
    const deadlineMs = newDeadlineMs(deps, letter, { requestedAtMs });
    return JSON.stringify({ ...json, deadline: toTime(deadlineMs) });
  } catch {
    return letter.body;
  }
}

/** The message as the adder received it; what the letter does not have makes no difference here. */
function asReceived({ id, body, sentAtMs }: Letter): Parameters<typeof readMessage>[0] {
  return {
    messageId: id,
    receiptHandle: '',
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(sentAtMs),
      SenderId: '',
      ApproximateFirstReceiveTimestamp: String(sentAtMs),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: '',
  };
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}
