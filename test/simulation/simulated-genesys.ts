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
import { requestIdOf } from './request-of.ts';
import { CLIENT, TOKEN_MARK } from './simulated-aws.ts';
import type { ServedExchange, SimulatedProcess } from './simulated-process.ts';
import type { SimulatedTable } from './simulated-records.ts';
import { shortId, type World } from './world.ts';

/** A person who was rung, and for which request. */
export interface SimulatedRing {
  atMs: number;
  requestId: string;
  run: number;
  conversationId: string;
  /** User id, or address, in lower case. */
  who: string;
  /** When the client of the add gave up; the platform carried it out after that if `atMs` is later. */
  givenUpAtMs: number;
}

export interface SimulatedGenesys {
  organisation: Organisation;
  state: Genesys['state'];
  /** Times at which requests were sent, including refused ones. */
  callsMs: number[];
  rings: SimulatedRing[];
  /** The HTTP client of a process. It checks that every add was requested. */
  clientOf(process: SimulatedProcess): SendHttp;
  /** Sets the messages that a process is working on. */
  handsOver(process: SimulatedProcess, records: SQSRecord[]): void;
  /** Rejects a result that reports a person as present who never was. */
  checkTruth(event: AuditEvent, process: SimulatedProcess): void;
}

/** A header of the simulation: the request that an add is for. */
const FOR = 'x-for-request';
const GIVEN_UP = 'x-given-up-at';

const MINUTE_MS = 60_000;
/** A call is counted this long before it is made at most: clocks differ, and a write can take seconds. */
const COUNTED_BEFORE_MS = 15_000;

/**
 * The stand-in Genesys Cloud. It reports a violation if a person is rung who is in the conversation, who
 * was not requested, or who has no write-ahead, and if a call is made that the budget has not counted.
 */
export function createSimulatedGenesys(
  world: World,
  { records, countedCalls }: Pick<SimulatedTable, 'records' | 'countedCalls'>,
): SimulatedGenesys {
  const { plan, time, random, story, newId, object } = world;
  let tokens = 0;
  /** The process whose request is being carried out. */
  let caller: { process: SimulatedProcess; request: GenesysRequest } | undefined;
  const inHand = new Map<SimulatedProcess, SQSRecord[]>();
  /** The process that rang each participation, and the time. */
  const rung = new Map<string, { by: string; atMs: number }>();
  /** When a process last received a read of a conversation. */
  const looks = new Map<string, number>();
  const callsMs: number[] = [];
  const rings: SimulatedRing[] = [];
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

  /** A person whom the read before the POST shows as present must not be rung. */
  function checkRing({ conversationId, who, wasInAlready }: Ring): void {
    const process = caller?.process.name ?? 'no process';
    const [requestId = '', run] = (caller?.request.headers[FOR] ?? '').split(' ');
    const givenUpAtMs = Number(caller?.request.headers[GIVEN_UP]);
    story.tell(process, `rings ${shortId(who)} in ${shortId(conversationId)}`);
    rings.push({
      atMs: time.nowMs,
      requestId,
      run: Number(run),
      conversationId,
      who: who.toLowerCase(),
      givenUpAtMs,
    });
    const conversation = organisation.existing(conversationId);
    const stay = conversation.participations.at(-1);
    if (stay) rung.set(stay.id, { by: process, atMs: time.nowMs });
    if (!wasInAlready) return;
    const lookedAtMs = looks.get(`${process} ${conversationId}`) ?? 0;
    const known = liveStays(conversation, time.nowMs).find((other) => {
      if (other === stay || whoIs(other) !== who) return false;
      // The recent adds of the conversation are known at once. Reads lag.
      const lagMs = rung.get(other.id)?.by === process ? 0 : behaviour.readLagMs;
      return (rung.get(other.id)?.atMs ?? other.joinedAtMs) <= lookedAtMs - lagMs;
    });
    if (known) object(`${process} rings ${shortId(who)}, who is in ${shortId(conversationId)}`);
  }

  /** Every change of the budget is made once: it has counted the calls of the last minute, at least. */
  function checkCounted(process: SimulatedProcess): void {
    const first = callsMs.findLastIndex(
      (atMs) => atMs <= time.nowMs - MINUTE_MS + COUNTED_BEFORE_MS,
    );
    const made = callsMs.length - 1 - first;
    const counted = countedCalls(time.nowMs - MINUTE_MS);
    if (made > counted)
      object(`${process.name} makes call ${made} of which ${counted} are counted`);
  }

  /** The request that an add is for. It has a write-ahead for the add, and its deadline has not passed. */
  function requestOf(process: SimulatedProcess, path: string, request: HttpRequest): string {
    const body = JSON.parse(request.body ?? 'null');
    const people: { id?: string; userId?: string; address?: string }[] = Array.isArray(body)
      ? body
      : body.participants;
    const wanted = people.map(({ id, userId, address }) => id ?? userId ?? address);
    const what = `${process.name} adds ${wanted.map(shortId)}`;
    const mine = (inHand.get(process) ?? []).flatMap(
      ({ body: text, messageId, messageAttributes }) => {
        const ids = [
          requestIdOf({ body: text, messageId }),
          messageAttributes.request_id?.stringValue,
        ];
        return ids.flatMap((id) => records.get(id ?? '') ?? []);
      },
    );
    const asked = mine.filter(
      ({ conversationId, participants }) =>
        path.includes(conversationId) &&
        wanted.every((who) => participants.some(({ id, address }) => (id ?? address) === who)),
    );
    const announced = asked.filter(({ adds, participants }) => {
      const last = adds.at(-1);
      if (last?.fate !== 'PENDING') return false;
      const named = last.positions.map((at) => participants[at]?.id ?? participants[at]?.address);
      return named.length === wanted.length && wanted.every((who) => named.includes(who));
    });
    if (asked.length === 0) object(`${what}, for which no message in hand asks`);
    else if (announced.length === 0) object(`${what} without a write-ahead`);
    // A conversation has one add at a time, so the last write-ahead belongs to this one.
    const [of] = (announced.length > 0 ? announced : asked).sort(
      (a, b) => (b.adds.at(-1)?.startedAtMs ?? 0) - (a.adds.at(-1)?.startedAtMs ?? 0),
    );
    if (!of) return '';
    if (process.clock.now() >= of.deadlineMs) object(`${what} after the deadline`);
    return `${of.requestId} ${of.run}`;
  }

  function serve(request: GenesysRequest, from: SimulatedProcess): ServedExchange {
    const outage = plan.outages.genesys;
    if (world.isOut(outage)) return { waitMs: 0, carryOut: () => outageResponse(outage?.how) };
    const exchange = receive(request);
    return {
      waitMs: exchange.waitMs,
      carryOut() {
        caller = { process: from, request };
        const delivery = exchange.carryOut();
        caller = undefined;
        const headers = 'response' in delivery ? delivery.response.headers : {};
        headers['x-carried-out-at'] = String(time.nowMs);
        return delivery;
      },
    };
  }

  return {
    organisation,
    state,
    callsMs,
    rings,
    clientOf(process) {
      const sendHttp = process.sendHttp(serve);
      return async (request) => {
        const path = new URL(request.url).pathname;
        const isAdd = request.method === 'POST' && path.includes('/participants');
        callsMs.push(time.nowMs);
        checkCounted(process);
        const response = await sendHttp(
          isAdd
            ? {
                ...request,
                headers: {
                  ...request.headers,
                  [FOR]: requestOf(process, path, request),
                  [GIVEN_UP]: String(time.nowMs + request.timeoutMs),
                },
              }
            : request,
        );
        const looked = /\/api\/v2\/conversations\/([^/]+)$/.exec(path)?.[1];
        if (looked && response.status === 200) {
          looks.set(`${process.name} ${looked}`, Number(response.headers['x-carried-out-at']));
        }
        return response;
      };
    },
    handsOver: (process, messages) => void inHand.set(process, messages),
    checkTruth({ audit }, process) {
      const record = records.get(audit.request_id);
      const conversation = organisation.conversation(audit.conversation_id);
      const sinceMs = (record?.requestedAtMs ?? time.nowMs) - 1_000 - behaviour.readLagMs;
      for (const { outcome, id, address } of audit.participants) {
        if (outcome !== 'ADDED' && outcome !== 'ALREADY_PRESENT') continue;
        const who = id ?? address;
        const was = conversation?.participations.some(
          (stay) => whoIs(stay) === who && (stay.leftAtMs ?? time.nowMs) >= sinceMs,
        );
        if (!was) object(`${process.name} says ${outcome} of ${shortId(who)}, who was not in`);
      }
    },
  };
}

function outageResponse(
  how: 'unreachable' | 'hangs' | '503' | undefined,
): ReturnType<ServedExchange['carryOut']> {
  if (how === 'unreachable') return { kind: 'reset', delayMs: 0 };
  if (how === 'hangs') return { kind: 'hang', delayMs: 0 };
  const { status, headers = {}, body } = gatewayPage(503);
  return { kind: 'response', delayMs: 0, response: { status, headers, body: String(body) } };
}
