import { eventId } from '../../lib/domain/event-id.ts';
import { INACTIVE, UNKNOWN } from './plan.ts';
import { parseRequest, requestIdOf } from './request-of.ts';
import type { SimulatedRun } from './simulate.ts';
import { SECRET_TEXTS } from './simulated-aws.ts';

/** The invariants. Each says what is wrong with a run, or nothing. */
const INVARIANTS: ((run: SimulatedRun) => string[])[] = [
  ({ wrongs }) => wrongs,

  function theRunEnds({ ended }) {
    return ended ? [] : ['the run does not end'];
  },

  function whatWasAcceptedIsOnTheQueueOnce({ acceptedIds, queues }) {
    const sent = queues.requests.sent.map(requestIdOf);
    return [...acceptedIds].flatMap((id) => {
      const times = sent.filter((other) => other === id).length;
      return times === 1 ? [] : [`request ${id} was accepted and is on the queue ${times} times`];
    });
  },

  function everyRequestHasOneResult({ queues, results, plan }) {
    const expected = new Map(
      queues.requests.sent.map((message) => [eventId(requestIdOf(message)), message]),
    );
    const seen = new Set(results.map((result) => result.eventId));
    // With very few receives a process can die in the last one; then the dead-letter queue has it.
    const isDead = (id: string | undefined) =>
      plan.maxReceives < 100 &&
      queues.requestsDead.messages.some(({ messageId }) => messageId === id);
    const lost = [...expected].flatMap(([id, message]) =>
      seen.has(id) || isDead(message.messageId) ? [] : [`${id} has no result`],
    );
    const strange = [...seen].filter((id) => !expected.has(id));
    return [...lost, ...strange.map((id) => `nobody asked for the result ${id}`)];
  },

  function everyResultIsDelivered({ results, deliveries, queues }) {
    const delivered = new Set(deliveries.filter((one) => one.isTaken).map((one) => one.eventId));
    const dead = new Set(queues.auditDead.messages.map(({ attributes }) => attributes.event_id));
    return results.flatMap(({ eventId: id }) =>
      delivered.has(id) || dead.has(id) ? [] : [`result ${id} was never delivered`],
    );
  },

  function everyDeliveryIsSigned({ deliveries }) {
    return deliveries
      .filter(({ isSigned }) => !isSigned)
      .map(({ eventId: id }) => `${id} is unsigned`);
  },

  function theOrderOfAConversationIsKept({ queues, results }) {
    const wrong: string[] = [];
    const groups = Map.groupBy(queues.requests.sent, ({ groupId }) => groupId);
    for (const messages of groups.values()) {
      const firsts = messages
        .map((message) => results.findIndex((one) => one.eventId === eventId(requestIdOf(message))))
        .filter((at) => at !== -1);
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

  /** A process that has just replaced another does not know what that has used up. */
  function theBudgetIsKept({ overrunsMs, adderRestartsMs, plan }) {
    const late = plan.faults.some(({ fault }) => fault.waitMs !== undefined);
    if (late || plan.weather.latencyMs > 1_000) return [];
    return overrunsMs
      .filter((atMs) => !adderRestartsMs.some((start) => start <= atMs && start > atMs - 61_000))
      .map((atMs) => `the rate limit is overrun at ${new Date(atMs).toISOString()}`);
  },

  /** Where all that went wrong passed and there was time, everybody who can be added is in. */
  function waitingIsNotFailing({ plan, results, queues }) {
    if (plan.kind === 'storm') return [];
    return results.flatMap(({ eventId: id, event: { audit } }) => {
      const message = queues.requests.sent.find((one) => eventId(requestIdOf(one)) === id);
      const asked = message && parseRequest(message.body);
      // Straight to the queue, without a deadline of its own: the default may be too short.
      if (!asked || (plan.kind === 'delays' && asked.deadline === undefined)) return [];
      const refusable = asked.participants.filter(
        ({ id: user }) => user === INACTIVE || user === UNKNOWN,
      ).length;
      const status =
        refusable === 0 ? 'SUCCESS' : refusable < asked.participants.length ? 'PARTIAL' : 'FAILED';
      // Two tokens in a row that were revoked before their first use are taken for a wrong host.
      if (audit.code === 'INVALID_CREDENTIALS' && plan.revocationsMs.length > 1) return [];
      if (audit.status !== status)
        return [`${id} ends ${audit.status} (${audit.error}), not ${status}`];
      if (plan.kind === 'calm' && refusable === 0 && audit.genesys_calls > 3) {
        return [`${id} takes ${audit.genesys_calls} calls`];
      }
      return [];
    });
  },
];

/** What is wrong with a run; nothing, if all invariants hold. */
export function judgeRun(run: SimulatedRun): string[] {
  return INVARIANTS.flatMap((invariant) => invariant(run));
}
