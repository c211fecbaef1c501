import type { ApiEvent } from '../../lib/aws/api-request.ts';
import type { ApiResponse } from '../../lib/aws/problem-response.ts';
import { loadIntake, loadRequests } from './load-functions.ts';
import type { PlannedRequest } from './plan.ts';
import type { AwsPorts } from './simulated-aws.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedQueue } from './simulated-queue.ts';
import type { CreateSlot } from './slot-factory.ts';
import { shortId, type World } from './world.ts';

/** The template's. */
const TIMEOUT_MS = { intake: 29_000, requests: 25_000 };
const CALLER = { iam: { userArn: 'arn:aws:iam::123456789012:user/caller' } };

export interface CallersContext {
  world: World;
  requestQueue: SimulatedQueue;
  /** Ports of a process to AWS. */
  portsOf: (process: SimulatedProcess) => AwsPorts;
  createSlot: CreateSlot;
  /** Runs something later, in milliseconds from now; the simulation does not end before. */
  later: (delayMs: number, run: () => void | Promise<void>) => void;
}

export interface SimulatedCallers {
  /** Sends a request, through intake or directly to the queue, as often as its plan allows. */
  send(planned: PlannedRequest): void | Promise<void>;
  /** Ids that callers got with a 202. */
  acceptedIds: Set<string>;
  /** Ids of requests whose caller got a 200 for the cancellation. */
  cancelledIds: Set<string>;
}

/** Callers, who send, repeat and cancel requests, each in a process of intake or requests of its own. */
export function createCallers(context: CallersContext): SimulatedCallers {
  const { world, requestQueue, portsOf, createSlot, later } = context;
  const { time, random, story } = world;
  const acceptedIds = new Set<string>();
  const cancelledIds = new Set<string>();

  async function askIntake(planned: PlannedRequest): Promise<void> {
    for (let tries = 1; tries <= 5; tries += 1) {
      const isAccepted = await askOnce(planned);
      // A caller with a key may repeat the request, and some do although it was accepted.
      const again = isAccepted ? random() < 0.1 : true;
      if (!again || planned.idempotencyKey === undefined) return;
      await time.wait(2_000 + random() * 28_000);
    }
  }

  /** @returns whether the request was accepted */
  async function askOnce(planned: PlannedRequest): Promise<boolean> {
    story.tell('caller', `asks for ${describe(planned)}`);
    const intake = createSlot<ApiEvent, ApiResponse>(
      () => 'intake',
      TIMEOUT_MS.intake,
      (process) => loadIntake(world, process, portsOf(process)),
    );
    const response = await intake.invoke(toApiEvent(planned)).catch(() => undefined);
    const isAccepted = response?.statusCode === 202;
    const id: string | undefined = isAccepted ? JSON.parse(response.body).requestId : undefined;
    story.tell('caller', `gets ${response?.statusCode ?? 'no response'} ${id ? shortId(id) : ''}`);
    if (id === undefined) {
      reportUnexpected('intake', response);
      return isAccepted;
    }
    const { cancelAfterMs } = planned;
    if (!acceptedIds.has(id) && cancelAfterMs !== undefined) later(cancelAfterMs, () => cancel(id));
    acceptedIds.add(id);
    return isAccepted;
  }

  async function cancel(id: string): Promise<void> {
    for (let tries = 1; tries <= 3; tries += 1) {
      story.tell('caller', `cancels ${shortId(id)}`);
      const requests = createSlot<ApiEvent, ApiResponse>(
        () => 'requests',
        TIMEOUT_MS.requests,
        (process) => loadRequests(world, process, portsOf(process)),
      );
      const response = await requests.invoke(toCancelEvent(id)).catch(() => undefined);
      story.tell('caller', `gets ${response?.statusCode ?? 'no response'} ${shortId(id)}`);
      if (response?.statusCode === 200) cancelledIds.add(id);
      if (response?.statusCode === 200 || response?.statusCode === 409) return;
      reportUnexpected('requests', response);
      await time.wait(1_000 + random() * 5_000);
    }
  }

  /** A lost response and a 503 are expected. */
  function reportUnexpected(name: string, response: ApiResponse | undefined): void {
    if (!response || response.statusCode === 503) return;
    world.object(`${name} returns ${response.statusCode}`);
  }

  function sendToQueue({ conversationId, participants, direct, group }: PlannedRequest): void {
    story.tell('caller', `sends a ${direct} for ${shortId(conversationId)} to the queue`);
    const [requestId] = direct === 'conflict' ? acceptedIds : [];
    requestQueue.send({
      body: JSON.stringify({
        ...(requestId ? { requestId } : {}),
        conversationId,
        participants: direct === 'nonsense' ? 'not a list' : participants,
      }),
      groupId: group ?? conversationId,
      deduplicationId: world.newId(),
    });
  }

  return {
    send: (planned) => (planned.direct ? sendToQueue(planned) : askIntake(planned)),
    acceptedIds,
    cancelledIds,
  };
}

function toApiEvent(planned: PlannedRequest): ApiEvent {
  const { conversationId, participants, deadlineSeconds, idempotencyKey } = planned;
  return {
    headers: {
      'content-type': 'application/json',
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    pathParameters: { conversationId },
    body: JSON.stringify({ participants, deadlineSeconds }),
    isBase64Encoded: false,
    requestContext: { http: { method: 'POST' }, authorizer: CALLER },
  };
}

function toCancelEvent(requestId: string): ApiEvent {
  const path = `/requests/${requestId}`;
  return {
    rawPath: path,
    headers: {},
    requestContext: { http: { method: 'DELETE', path }, authorizer: CALLER },
  };
}

function describe({ participants, conversationId, deadlineSeconds }: PlannedRequest): string {
  const people = participants.map(({ id, address }) => shortId(id ?? address)).join(', ');
  return `${people} in ${shortId(conversationId)} within ${deadlineSeconds} s`;
}
