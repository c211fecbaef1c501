import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import { eventId } from '../../lib/domain/event-id.ts';
import { isFinal, type RequestRecord } from '../../lib/domain/request-record.ts';
import { FORGED } from './forge-event.ts';
import { INACTIVE, isUnknown, UNKNOWN } from './plan.ts';
import { requestIdOf } from './request-of.ts';
import type { SimulatedRun } from './simulate.ts';
import { SECRET_TEXTS } from './simulated-aws.ts';
import type { SimulatedRing } from './simulated-genesys.ts';
import { STARTED_AT_MS } from './world.ts';

/** Longest time from the deadline, or from the end of the faults, to the result. */
const ON_TIME_MS = 75_000;
const MINUTE_MS = 60_000;

/** The events of a record's runs, the latest last. */
function eventIdsOf({ requestId, run }: RequestRecord): string[] {
  return Array.from({ length: run + 1 }, (_, index) => eventId(requestId, index));
}

const runOf = (id: string) => Number(/_r(\d+)$/.exec(id)?.[1] ?? 0);

/** Rings that the platform carried out after the client had given up; no read can tell them in time. */
const isLate = ({ atMs, givenUpAtMs }: SimulatedRing) => atMs >= givenUpAtMs;

/** The request of a message: what the record of its result is stored under. */
const isKnown = (records: SimulatedRun['records'], ids: (string | undefined)[]) =>
  ids.some((id) => id !== undefined && records.has(id));

/** Requests that must succeed, except for people who cannot be added. */
function isForAdding(
  record: RequestRecord,
  audit: AuditEvent['audit'],
  plan: SimulatedRun['plan'],
): boolean {
  // Straight to the queue, without a deadline of its own: the default may be too short.
  if (plan.kind === 'delays' && record.origin === 'queue') return false;
  // The caller was told 503, and the message is not on the queue.
  if (record.receives === 0 && audit.status === 'EXPIRED') return false;
  // Two tokens in a row that were revoked before their first use are taken for a wrong host.
  if (audit.code === 'INVALID_CREDENTIALS' && plan.revocationsMs.length > 1) return false;
  return (
    audit.code !== 'CANCELLED' &&
    audit.code !== 'INVALID_MESSAGE' &&
    audit.code !== 'REQUEST_ID_CONFLICT'
  );
}

/** When a message of this request was first received; infinite if none was. */
function firstReceiveOf(
  requestId: string,
  { requests }: SimulatedRun['queues'],
  fromMs: number,
): number {
  const times = requests.sent
    .filter((message) => [requestIdOf(message), message.messageId].includes(requestId))
    .flatMap(({ receivedAtMs }) => receivedAtMs)
    .filter((atMs) => atMs >= fromMs);
  return Math.min(Number.POSITIVE_INFINITY, ...times);
}

/** The invariants. Each returns the violations of a run. */
const INVARIANTS: ((run: SimulatedRun) => string[])[] = [
  ({ wrongs }) => wrongs,

  function theRunEnds({ ended }) {
    return ended ? [] : ['the run does not end'];
  },

  function whatWasAcceptedIsOnItsWay({ acceptedIds, queues, records }) {
    const sent = new Set(queues.requests.sent.map(requestIdOf));
    // Repeated after its end, it is accepted as what it is by then.
    const hasExpired = (id: string) => records.get(id)?.status === 'EXPIRED';
    return [...acceptedIds].flatMap((id) =>
      records.has(id) && (sent.has(id) || hasExpired(id))
        ? []
        : [`request ${id} was accepted and is not on its way`],
    );
  },

  /** Including requests whose caller got a 503: they have a record and perhaps no message. */
  function everyRequestHasOneResult({ records, results }) {
    const expected = new Set([...records.values()].flatMap(eventIdsOf));
    const seen = new Set(results.map((result) => result.eventId));
    return [
      ...[...records.values()]
        .filter((record) => !isFinal(record))
        .map(({ requestId }) => `${requestId} is not final`),
      ...[...expected].filter((id) => !seen.has(id)).map((id) => `${id} has no result`),
      ...[...seen]
        .filter((id) => !expected.has(id))
        .map((id) => `the result ${id} belongs to no request`),
    ];
  },

  function everyMessageHasARecord({ queues, records }) {
    const dead = new Set(queues.requestsDead.messages.map(({ messageId }) => messageId));
    return queues.requests.sent.flatMap(({ messageId, body, attributes, isSentAgain }) =>
      // The operator sends a dead letter without a record again as a new message.
      isSentAgain ||
      isKnown(records, [requestIdOf({ body, messageId }), messageId, attributes.request_id]) ||
      // SQS moved it before any receive could reach the table.
      dead.has(messageId)
        ? []
        : [`message ${messageId} has no record`],
    );
  },

  function everyDeliveryHasTheSameBytes({ results, connections, deliveries, records }) {
    const bodies = Map.groupBy(
      [...results, ...connections, ...deliveries],
      ({ eventId: id }) => id,
    );
    const stored = new Map(
      [...records.values()].flatMap(({ result }) =>
        result ? [[result.eventId, result.body]] : [],
      ),
    );
    return [...bodies].flatMap(([id, sent]) => {
      const different = new Set(sent.map(({ body }) => body));
      const inTable = stored.get(id);
      if (inTable !== undefined) different.add(inTable);
      return different.size === 1 ? [] : [`${id} has ${different.size} different texts`];
    });
  },

  function everyResultIsDelivered({ results, connections, deliveries, queues }) {
    const delivered = new Set(deliveries.filter((one) => one.isTaken).map((one) => one.eventId));
    const dead = new Set(queues.auditDead.messages.map(({ attributes }) => attributes.event_id));
    return [...results, ...connections].flatMap(({ eventId: id }) =>
      delivered.has(id) || dead.has(id) ? [] : [`result ${id} was never delivered`],
    );
  },

  function everyDeliveryIsSigned({ deliveries }) {
    return deliveries
      .filter(({ isSigned }) => !isSigned)
      .map(({ eventId: id }) => `${id} is unsigned`);
  },

  function nothingForgedIsDelivered({ deliveries }) {
    return deliveries
      .filter(({ body }) => body.includes(FORGED))
      .map(({ eventId: id }) => `a forged ${id} is delivered`);
  },

  function nobodyIsRungTwiceByOneRequest({ rings }) {
    const byPerson = Map.groupBy(rings, ({ requestId, who }) => `${requestId} ${who}`);
    return [...byPerson].flatMap(([who, times]) =>
      times.filter((ring) => !isLate(ring)).length > 1 ? [`rung twice by one request: ${who}`] : [],
    );
  },

  function noResultSaysLessThanWhatHappened({ rings, results }) {
    return results.flatMap(({ event: { audit }, eventId: id }) =>
      audit.participants.flatMap(({ outcome, id: user, address }) => {
        if (!['NOT_ATTEMPTED', 'REJECTED', 'WOULD_BE_ADDED'].includes(outcome)) return [];
        const who = (user ?? address ?? '').toLowerCase();
        // Of this run or an earlier one: a later run may ring people whom this one did not.
        const rung = rings.some(
          (ring) =>
            ring.requestId === audit.request_id &&
            ring.who === who &&
            ring.run <= runOf(id) &&
            !isLate(ring),
        );
        return rung ? [`${id} says ${outcome} of ${who}, who was rung`] : [];
      }),
    );
  },

  function aCancelledRequestRangNobody({ rings, results, cancelledIds, records }) {
    const cancelled = results.filter(({ event }) => event.audit.status === 'CANCELLED');
    return [
      ...cancelled
        .filter(({ eventId: id }) => rings.some((ring) => eventId(ring.requestId, ring.run) === id))
        .map(({ eventId: id }) => `${id} is cancelled and rang people`),
      ...[...cancelledIds]
        .filter((id) => records.get(id)?.run === 0 && records.get(id)?.status !== 'CANCELLED')
        .map((id) => `the caller was told that ${id} is cancelled, and it is not`),
    ];
  },

  function everyResultComesOnTime({ records, createdMs, results, queues, plan }) {
    const clearMs = STARTED_AT_MS + plan.clearsUpAtMs;
    return [...records.values()].flatMap((record) => {
      const { requestId, run, deadlineMs, origin, conversationId, participants } = record;
      // A message that is refused for its id has its record together with its result.
      const refused = results.find((one) => one.eventId === eventId(requestId));
      if (refused?.event.audit.code === 'REQUEST_ID_CONFLICT') return [];
      // An invalid message has no deadline.
      if (participants.length === 0 || conversationId === '') return [];
      // A direct sender's message has its record from its first receive on. If faults prevented that, it has it
      // from its first receive after them.
      const wasPrevented = (createdMs.get(requestId) ?? 0) >= clearMs;
      const recordedAtMs =
        origin === 'api' ? 0 : firstReceiveOf(requestId, queues, wasPrevented ? clearMs : 0);
      const first = results.find((one) => one.eventId === eventId(requestId, run));
      const lateMs = (first?.atMs ?? 0) - Math.max(deadlineMs, clearMs, recordedAtMs) - ON_TIME_MS;
      return lateMs > 0 ? [`the result of ${requestId} comes ${Math.round(lateMs)} ms late`] : [];
    });
  },

  function everyConnectionEventComesOnTime({ records, plan }) {
    const clearMs = STARTED_AT_MS + plan.clearsUpAtMs;
    return [...records.values()].flatMap(({ requestId, result, connectionResult, adds }) => {
      if (!result || !connectionResult) return [];
      const addedAtMs = Math.max(
        ...adds.map(({ endedAtMs, startedAtMs }) => endedAtMs ?? startedAtMs),
      );
      const startMs = Math.max(result.finishedAtMs, addedAtMs, clearMs);
      const lateMs = connectionResult.finishedAtMs - startMs - 90_000;
      return lateMs > 0 ? [`the connection event of ${requestId} comes ${lateMs} ms late`] : [];
    });
  },

  function theOrderOfAConversationIsKept({ queues, results, records, plan }) {
    // What is received for the last time does not wait for those before it.
    if (plan.maxReceives < 100) return [];
    const wrong: string[] = [];
    const groups = Map.groupBy(queues.requests.sent, ({ groupId }) => groupId);
    for (const messages of groups.values()) {
      const firsts = messages
        .filter(({ attributes }) => attributes.redrive === undefined)
        .map((message) => {
          // A message that is refused has its record under its own id.
          const id = records.has(message.messageId) ? message.messageId : requestIdOf(message);
          return results.findIndex((one) => one.eventId === eventId(id));
        })
        // A message with the id of an earlier one gets no result of its own.
        .filter((at, index, all) => all.indexOf(at) === index)
        // The reconciler and the caller end requests out of their order.
        .filter(
          (at) => !['EXPIRED', 'CANCELLED'].includes(results[at]?.event.audit.status ?? 'EXPIRED'),
        );
      if (firsts.some((at, index) => at < (firsts[index - 1] ?? -1))) {
        wrong.push(`results of ${messages[0]?.groupId} come in the order ${firsts}`);
      }
    }
    return wrong;
  },

  function nothingSecretIsWritten({ texts }) {
    return texts
      .filter((text) => SECRET_TEXTS.some((secret) => text.includes(secret)))
      .map((text) => `a secret is in: ${text.slice(0, 60)}…`);
  },

  function theBudgetIsKept({ callsMs, plan }) {
    const budget = plan.requestsPerSecond * 60;
    const overrun = callsMs.findIndex((atMs, index) => {
      const before = callsMs[index - budget];
      return before !== undefined && atMs - before < MINUTE_MS;
    });
    const at = new Date(callsMs[overrun] ?? 0).toISOString();
    return overrun === -1 ? [] : [`more than ${budget} calls in the minute before ${at}`];
  },

  /** If all faults were temporary and there was time, everyone who can be added is in. */
  function waitingIsNotFailing({ plan, results, records }) {
    if (plan.kind === 'storm') return [];
    const isCalm = plan.kind === 'calm';
    return results.flatMap(({ eventId: id, event: { audit } }) => {
      const record = records.get(audit.request_id);
      if (!record || !isForAdding(record, audit, plan)) return [];
      const { participants, conversationId } = record;
      if (isUnknown(conversationId)) {
        const isRight = audit.code === 'CONVERSATION_NOT_FOUND';
        return isRight ? [] : [`${id} of an unknown conversation ends ${audit.code}`];
      }
      const refusable = participants.filter(
        ({ id: user }) => user === INACTIVE || user === UNKNOWN,
      );
      // An add of the generic contract whose response was lost is never repeated.
      const uncertain = audit.participants.filter(({ outcome }) => outcome === 'UNCERTAIN');
      const failed = refusable.length + (isCalm ? 0 : uncertain.length);
      const status = failed === 0 ? 'SUCCESS' : failed < participants.length ? 'PARTIAL' : 'FAILED';
      if (audit.status !== status)
        return [`${id} ends ${audit.status} (${audit.error}), not ${status}`];
      // One that had to come back looks again.
      return isCalm && audit.attempts === 1 && refusable.length === 0 && audit.genesys_calls > 3
        ? [`${id} takes ${audit.genesys_calls} calls`]
        : [];
    });
  },
];

/** The violations of all invariants in a run. */
export function judgeRun(run: SimulatedRun): string[] {
  return INVARIANTS.flatMap((invariant) => invariant(run));
}
