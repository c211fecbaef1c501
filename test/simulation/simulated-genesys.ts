import type { SQSRecord } from 'aws-lambda';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import type { HttpRequest, SendHttp } from '../../lib/http/send-http.ts';
import { createGenesys, type Genesys } from '../../local/genesys/create-genesys.ts';
import type { GenesysRequest } from '../../local/genesys/exchange.ts';
import { gatewayPage } from '../../local/genesys/faults.ts';
import {
  liveStays,
  type Organisation,
  type Ring,
  whoIs,
} from '../../local/genesys/organisation.ts';
import { parseRequest, requestIdOf } from './request-of.ts';
import { CLIENT, TOKEN_MARK } from './simulated-aws.ts';
import type { ServedExchange, SimulatedProcess } from './simulated-process.ts';
import { shortId, type World } from './world.ts';

export interface SimulatedGenesys {
  organisation: Organisation;
  state: Genesys['state'];
  /** Requests that were refused with 429 because there were too many in the platform's minute. */
  overruns: { atMs: number }[];
  /** The HTTP client of a process, which sees to it that every add is wanted. */
  clientOf(process: SimulatedProcess): SendHttp;
  /** Tells which messages a process has in hand from now on. */
  handsOver(process: SimulatedProcess, records: SQSRecord[]): void;
  /** Objects to a result that says of somebody who was never in that they are. */
  checkTruth(event: AuditEvent, process: SimulatedProcess): void;
}

/** The stand-in Genesys Cloud, watched: nobody is rung who is in, and nobody who was not asked for. */
export function createSimulatedGenesys(world: World): SimulatedGenesys {
  const { plan, time, random, story, newId, object } = world;
  let tokens = 0;
  /** Whose request is being carried out. */
  let caller: SimulatedProcess | undefined;
  const inHand = new Map<SimulatedProcess, SQSRecord[]>();
  /** Who has rung each participation, and when. */
  const rung = new Map<string, { by: string; atMs: number }>();
  /** When a process has last looked at a conversation and seen the answer. */
  const looks = new Map<string, number>();
  const overruns: SimulatedGenesys['overruns'] = [];
  const { receive, state } = createGenesys({
    ...plan.genesys,
    ...CLIENT,
    now: () => Math.floor(time.nowMs),
    conversations: plan.conversations,
    faults: [...plan.faults],
    random,
    newId,
    newToken: () => `${TOKEN_MARK}${++tokens}`,
    onEvent: (event) => {
      if (event.kind === 'ring') checkRing(event.ring);
    },
  });
  const { organisation, behaviour } = state;
  for (const user of plan.users) organisation.addUser(user);

  /** Nobody is rung whom the look before the POST has shown to be in. */
  function checkRing({ conversationId, who, wasInAlready }: Ring): void {
    const process = caller?.name ?? 'nobody';
    story.tell(process, `rings ${shortId(who)} in ${shortId(conversationId)}`);
    const conversation = organisation.existing(conversationId);
    const stay = conversation.participations.at(-1);
    if (stay) rung.set(stay.id, { by: process, atMs: time.nowMs });
    if (!wasInAlready) return;
    const lookedAtMs = looks.get(`${process} ${conversationId}`) ?? 0;
    const known = liveStays(conversation, time.nowMs).find((other) => {
      if (other === stay || whoIs(other) !== who) return false;
      const before = rung.get(other.id);
      // What another instance did within the time that reads may lag is a documented limit.
      const lagMs = before?.by === process ? 0 : behaviour.readLagMs;
      return (before?.atMs ?? other.joinedAtMs) <= lookedAtMs - lagMs;
    });
    if (known) object(`${process} rings ${shortId(who)}, who is in ${shortId(conversationId)}`);
  }

  /** Every add is for people whom a message in hand names, and before its deadline. */
  function checkAdd(process: SimulatedProcess, path: string, request: HttpRequest): void {
    const body = JSON.parse(request.body ?? 'null');
    const people: { id?: string; userId?: string; address?: string }[] = Array.isArray(body)
      ? body
      : body.participants;
    const wanted = people.map(({ id, userId, address }) => id ?? userId ?? address);
    const isWanted = (inHand.get(process) ?? []).some((record) => {
      const asked = parseRequest(record.body);
      if (!asked || !path.includes(asked.conversationId)) return false;
      const sentAtMs = Number(record.attributes.SentTimestamp);
      const deadlineMs = asked.deadline ? Date.parse(asked.deadline) : sentAtMs + 600_000;
      if (process.clock.now() >= deadlineMs) return false;
      const named = asked.participants.map(({ id, address }) => id ?? address);
      return wanted.every((who) => named.includes(who));
    });
    if (!isWanted) {
      object(`${process.name} adds ${wanted.map(shortId)}, which nobody asks for any more`);
    }
  }

  function serve(request: GenesysRequest, from: SimulatedProcess): ServedExchange {
    const outage = plan.outages.genesys;
    if (world.isOut(outage)) return { waitMs: 0, carryOut: () => outageAnswer(outage?.how) };
    const exchange = receive(request);
    return {
      waitMs: exchange.waitMs,
      carryOut() {
        caller = from;
        const delivery = exchange.carryOut();
        caller = undefined;
        const headers = 'answer' in delivery ? delivery.answer.headers : {};
        if (Number(headers['inin-ratelimit-count']) > behaviour.requestsPerMinute) {
          story.tell(from.name, 'overruns the rate limit');
          overruns.push({ atMs: time.nowMs });
        }
        headers['x-carried-out-at'] = String(time.nowMs);
        return delivery;
      },
    };
  }

  return {
    organisation,
    state,
    overruns,
    clientOf(process) {
      const sendHttp = process.sendHttp(serve);
      return async (request) => {
        const path = new URL(request.url).pathname;
        const isAdd = request.method === 'POST' && path.includes('/participants');
        if (isAdd) checkAdd(process, path, request);
        const response = await sendHttp(request);
        const looked = /\/api\/v2\/conversations\/([^/]+)$/.exec(path)?.[1];
        if (looked && response.status === 200) {
          looks.set(`${process.name} ${looked}`, Number(response.headers['x-carried-out-at']));
        }
        return response;
      };
    },
    handsOver: (process, records) => void inHand.set(process, records),
    checkTruth({ audit }, process) {
      const record = inHand.get(process)?.find((one) => requestIdOf(one) === audit.request_id);
      const conversation = organisation.conversation(audit.conversation_id);
      const sentAtMs = Number(record?.attributes.SentTimestamp) - behaviour.readLagMs;
      for (const { outcome, id, address } of audit.participants) {
        if (outcome !== 'ADDED' && outcome !== 'ALREADY_PRESENT') continue;
        const who = id ?? address;
        const was = conversation?.participations.some(
          (stay) => whoIs(stay) === who && (stay.leftAtMs ?? time.nowMs) >= sentAtMs,
        );
        if (!was) object(`${process.name} says ${outcome} of ${shortId(who)}, who was not in`);
      }
    },
  };
}

function outageAnswer(
  how: 'unreachable' | 'hangs' | '503' | undefined,
): ReturnType<ServedExchange['carryOut']> {
  if (how === 'unreachable') return { kind: 'reset', delayMs: 0 };
  if (how === 'hangs') return { kind: 'hang', delayMs: 0 };
  const { status, headers = {}, body } = gatewayPage(503);
  return { kind: 'answer', delayMs: 0, answer: { status, headers, body: String(body) } };
}
