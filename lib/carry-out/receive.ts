import { nextAction } from '../domain/add-flow/next-action.ts';
import { observe } from '../domain/add-flow/observe.ts';
import { requestedAt } from '../domain/add-flow/open-positions.ts';
import {
  type Action,
  type FlowState,
  type Observation,
  type ReceiveLimits,
  startFlow,
} from '../domain/add-flow/state.ts';
import type { AddressPolicy } from '../domain/allowed-addresses.ts';
import type { Clock, Random } from '../domain/clock.ts';
import type { RequestedParticipant } from '../domain/participant.ts';
import type { AddAttempt } from '../domain/request-record.ts';
import type { CallBudget } from '../genesys/api/call-budget.ts';
import type { CallAllowance } from '../genesys/pace/call-allowance.ts';
import {
  announcedAdds,
  type ConversationLease,
  type ConversationLeases,
  endedAdds,
  type RecentAdd,
} from '../records/conversation-lease.ts';
import { type FinishDeps, writeContext } from './finish-request.ts';
import { createGenesysCalls, type GenesysCalls, type GenesysCallsDeps } from './genesys-calls.ts';
import type { NotFoundMemory } from './not-found-memory.ts';
import type { ReceiveEnd } from './receive-end.ts';
import { ReceiveWriter } from './receive-writer.ts';
import type { RecordWriter } from './record-writer.ts';
import { refusedAddresses } from './refused-addresses.ts';
import { reserveCalls } from './reserve-calls.ts';
import { TableError } from './table-error.ts';

/**
 * Duration of a lease. Each write-ahead extends it. Longer than the adder's invocation (30 s), and short enough
 * that the reconciler ends a request on time whose process crashed just before its deadline.
 */
export const CONVERSATION_LEASE_MS = 34_000;
/** Waits in the function end this long after the start of a receive. Then the conversation is released. */
export const WAIT_IN_PLACE_MS = 10_000;

export interface ReceiveDeps extends FinishDeps, GenesysCallsDeps {
  leases: ConversationLeases;
  allowance: Pick<CallAllowance, 'acquire' | 'release' | 'wasRefusedLately' | 'expectRefusal'>;
  clock: Clock;
  random: Random;
  refuseAddress: AddressPolicy;
  /** Absent: every request looks for its conversation. */
  notFound?: NotFoundMemory | undefined;
}

export interface ReceiveOptions {
  finishByMs: number;
  /** Waits in the function end by then. Then the conversation is released. Default: in ten seconds */
  waitByMs?: number | undefined;
  receiveCount: number;
  maxReceives: number;
  isFirst: boolean;
}

/**
 * A look made without the lease is used only if the lease is acquired within this time of its start, and lists no
 * recent adds: the look may not show them.
 */
const LOOK_IS_CURRENT_MS = 2_000;

type Looked = Extract<Observation, { kind: 'looked' }>;

/**
 * One receive of a request: carries out the actions of the flow (lib/domain/add-flow/next-action.ts) and
 * feeds back the observations.
 */
export class Receive {
  readonly #deps: ReceiveDeps;
  readonly #record: ReceiveWriter;
  readonly #budget: CallBudget;
  readonly #calls: GenesysCalls;
  readonly #isFirst: boolean;
  readonly #limits: ReceiveLimits;
  #state: FlowState;
  /** What a look without the lease has found. */
  #looked: Looked | undefined;

  constructor(
    deps: ReceiveDeps,
    writer: RecordWriter,
    budget: CallBudget,
    options: ReceiveOptions,
  ) {
    const { waitByMs = deps.clock.now() + WAIT_IN_PLACE_MS } = options;
    this.#deps = deps;
    this.#record = new ReceiveWriter(deps, writer, budget);
    this.#budget = budget;
    this.#calls = createGenesysCalls(deps, writer.current.conversationId, budget);
    this.#isFirst = options.isFirst;
    const { finishByMs, receiveCount, maxReceives } = options;
    this.#limits = { waitByMs, finishByMs, receiveCount, maxReceives, jitter: deps.random() };
    this.#state = this.#startFlow([]);
  }

  /**
   * Looks for the conversation without its lease, which is needed only before an add.
   * @returns how the receive ended; `undefined` if the conversation was found, so that run() has to continue
   * @throws RecordChangedError, TableError, AdderError where the budget cannot be read, and defects
   */
  async lookFirst(): Promise<ReceiveEnd | undefined> {
    this.#recallNotFound();
    for (;;) {
      const action = nextAction(this.#state, this.#deps.clock.now());
      if (action.kind === 'finish' || action.kind === 'defer') {
        return this.#record.end(this.#state, action);
      }
      if (!isPreparation(action)) return undefined;
      const observation = await this.#prepare(action);
      if (observation.kind === 'looked') {
        this.#looked = observation;
        return undefined;
      }
      this.#observe(observation);
    }
  }

  /**
   * Carries the request out. An earlier lookFirst() is continued.
   * @throws RecordChangedError, TableError, TransitionError, AdderError where the budget cannot be read, and
   * defects
   */
  async run(lease: ConversationLease): Promise<ReceiveEnd> {
    this.#state = this.#startFlow(lease.recentAdds);
    if (this.#looked && this.#isCurrent(this.#looked, lease)) this.#observe(this.#looked);
    else this.#recallNotFound();
    for (;;) {
      const action = nextAction(this.#state, this.#deps.clock.now());
      if (action.kind === 'finish' || action.kind === 'defer') {
        return this.#record.end(this.#state, action);
      }
      this.#observe(await this.#carryOut(action, lease));
    }
  }

  /** Ends this receive without a result, for a reason outside the flow. */
  defer(deferral: Extract<ReceiveEnd, { kind: 'deferred' }>): Promise<ReceiveEnd> {
    return this.#record.end(this.#state, { ...deferral, kind: 'defer' });
  }

  #startFlow(recentAdds: readonly RecentAdd[]): FlowState {
    const { requestId, participants } = this.#record.current;
    const isOwn = (add: RecentAdd) => add.requestId === requestId;
    return startFlow(this.#record.current, {
      limits: this.#limits,
      otherAdds: recentAdds.filter((add) => !isOwn(add)),
      lastAddEndedAtMs: Math.max(0, ...recentAdds.filter(isOwn).map(({ atMs }) => atMs)),
      refusedAddresses: refusedAddresses(participants, this.#deps.refuseAddress),
      isFirst: this.#isFirst,
      conversationFirst: this.#deps.notFound?.hasSeenOne() ?? false,
    });
  }

  #observe(observation: Observation): void {
    this.#state = {
      ...observe(this.#state, observation, this.#deps.clock.now()),
      reserved: this.#budget.grant?.calls ?? 0,
    };
  }

  #isCurrent({ beganAtMs }: Looked, { recentAdds }: ConversationLease): boolean {
    return recentAdds.length === 0 && this.#deps.clock.now() - beganAtMs <= LOOK_IS_CURRENT_MS;
  }

  #prepare(action: Preparation): Promise<Observation> {
    switch (action.kind) {
      case 'reserve':
        return reserveCalls(this.#deps, this.#budget, action.calls);
      case 'look':
        return this.#look(action.users);
      case 'wait':
        return this.#wait(action.untilMs);
    }
  }

  #carryOut(
    action: Exclude<Action, { kind: 'finish' | 'defer' }>,
    lease: ConversationLease,
  ): Promise<Observation> | Observation {
    switch (action.kind) {
      case 'look-up-users':
        return this.#calls.lookUpUsers(action, this.#state.sight);
      case 'decide':
        return { ...action, kind: 'decided' };
      case 'announce':
        return this.#announce(action, lease);
      case 'add':
        return this.#add(action.add, lease);
      case 'withdraw':
        return { kind: 'withdrawn' };
      default:
        return this.#prepare(action);
    }
  }

  /** Without a call, if another request has just found that this conversation does not exist. */
  #recallNotFound(): void {
    const { notFound, clock } = this.#deps;
    const { conversationId, deadlineMs } = this.#record.current;
    const failure = notFound?.recall(conversationId);
    if (!failure || this.#state.adds.length > 0 || clock.now() >= deadlineMs) return;
    this.#state = observe(this.#state, { kind: 'failed', failure }, clock.now());
  }

  async #look(users: readonly RequestedParticipant[]): Promise<Observation> {
    const { conversationId } = this.#record.current;
    const observation = await this.#calls.look(users, this.#record.flush());
    if (observation.kind === 'failed' && observation.failure.code === 'CONVERSATION_NOT_FOUND') {
      this.#deps.notFound?.remember(conversationId, observation.failure);
    }
    return observation;
  }

  /** The write-ahead: record and lease in parallel. Posts only if both are written. */
  async #announce(
    { add }: Extract<Action, { kind: 'announce' }>,
    lease: ConversationLease,
  ): Promise<Observation> {
    const { leases, clock } = this.#deps;
    const context = writeContext(this.#deps);
    const { requestId } = this.#record.current;
    const [written, held] = await Promise.allSettled([
      this.#record.announce(this.#state, add, context),
      leases.announceAdds(lease, {
        nowMs: clock.now(),
        expiresAtMs: clock.now() + CONVERSATION_LEASE_MS,
        adds: announcedAdds(requestId, requestedAt(this.#state, add.positions), context.nowMs),
      }),
    ]);
    if (written.status === 'rejected') throw written.reason;
    const { adds } = written.value;
    this.#state = observe(this.#state, { kind: 'announced', adds }, clock.now());
    if (held.status === 'fulfilled' && held.value) return { kind: 'announced', adds };
    return {
      kind: 'withdrawn',
      cause:
        held.status === 'fulfilled'
          ? { code: 'CONVERSATION_BUSY', detail: 'The lease of the conversation was lost' }
          : { code: 'INTERNAL_ERROR', detail: new TableError(held.reason).message },
    };
  }

  /** Other requests wait for reads to show the add from its end on, which can be seconds later. */
  async #add(add: AddAttempt, lease: ConversationLease): Promise<Observation> {
    try {
      return await this.#calls.add(add, requestedAt(this.#state, add.positions));
    } finally {
      lease.recentAdds = endedAdds(lease.recentAdds, this.#record.current.requestId, {
        announcedAtMs: add.startedAtMs,
        endedAtMs: this.#deps.clock.now(),
      });
    }
  }

  async #wait(untilMs: number): Promise<Observation> {
    const { clock } = this.#deps;
    await clock.sleep(Math.max(0, untilMs - clock.now()));
    return { kind: 'waited' };
  }
}

/** The actions before the conversation is known. They need no lease. */
type Preparation = Extract<Action, { kind: 'reserve' | 'look' | 'wait' }>;

function isPreparation(action: Action): action is Preparation {
  const { kind } = action;
  return kind === 'reserve' || kind === 'look' || kind === 'wait';
}
