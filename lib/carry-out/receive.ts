import { nextAction } from '../domain/add-flow/next-action.ts';
import { observe } from '../domain/add-flow/observe.ts';
import { requestedAt } from '../domain/add-flow/open-positions.ts';
import {
  type Action,
  type Cause,
  type FlowState,
  type Observation,
  startFlow,
} from '../domain/add-flow/state.ts';
import type { AddressPolicy } from '../domain/allowed-addresses.ts';
import type { Clock, Random } from '../domain/clock.ts';
import type { RequestedParticipant } from '../domain/participant.ts';
import {
  addAnnounced,
  addsObserved,
  deferred,
  type Progress,
} from '../domain/record-transitions.ts';
import type { AddAttempt, RequestRecord } from '../domain/request-record.ts';
import type { CallBudget } from '../genesys/api/call-budget.ts';
import type { CallAllowance } from '../genesys/pace/call-allowance.ts';
import {
  announcedAdds,
  type ConversationLease,
  type ConversationLeases,
  endedAdds,
  type RecentAdd,
} from '../records/conversation-lease.ts';
import { endedRecord, type FinishDeps, writeContext } from './finish-request.ts';
import { createGenesysCalls, type GenesysCalls, type GenesysCallsDeps } from './genesys-calls.ts';
import type { NotFoundMemory } from './not-found-memory.ts';
import { RecordChangedError, type RecordWriter } from './record-writer.ts';
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

/** How a receive ended. */
export type ReceiveEnd =
  | { kind: 'finished'; record: RequestRecord; deadLetter?: Cause }
  | ({ kind: 'deferred'; untilMs: number } & Cause);

export interface ReceiveOptions {
  finishByMs: number;
  /** Waits in the function end by then. Then the conversation is released. Default: in ten seconds */
  waitByMs?: number | undefined;
  receiveCount: number;
  maxReceives: number;
  isFirst: boolean;
}

/**
 * One receive of a request: carries out the actions of the flow (lib/domain/add-flow/next-action.ts) and
 * feeds back the observations. Holds the conversation's lease.
 */
export class Receive {
  readonly #deps: ReceiveDeps;
  readonly #writer: RecordWriter;
  readonly #lease: ConversationLease;
  readonly #budget: CallBudget;
  readonly #calls: GenesysCalls;
  #state: FlowState;
  /** Calls and correlation ids that the record has counted. */
  #counted = { calls: 0, correlationIds: 0 };

  constructor(
    deps: ReceiveDeps,
    writer: RecordWriter,
    lease: ConversationLease,
    budget: CallBudget,
    options: ReceiveOptions,
  ) {
    this.#deps = deps;
    this.#writer = writer;
    this.#lease = lease;
    this.#budget = budget;
    this.#calls = createGenesysCalls(deps, writer.current.conversationId, budget);
    const { requestId, participants } = writer.current;
    const isOwn = (add: RecentAdd) => add.requestId === requestId;
    this.#state = startFlow(writer.current, {
      limits: {
        waitByMs: options.waitByMs ?? deps.clock.now() + WAIT_IN_PLACE_MS,
        finishByMs: options.finishByMs,
        receiveCount: options.receiveCount,
        maxReceives: options.maxReceives,
        jitter: deps.random(),
      },
      otherAdds: lease.recentAdds.filter((add) => !isOwn(add)),
      lastAddEndedAtMs: Math.max(0, ...lease.recentAdds.filter(isOwn).map(({ atMs }) => atMs)),
      refusedAddresses: refusedAddresses(participants, deps.refuseAddress),
      isFirst: options.isFirst,
      conversationFirst: deps.notFound?.hasSeenOne() ?? false,
    });
  }

  /** @throws RecordChangedError, TableError, TransitionError, and defects */
  async run(): Promise<ReceiveEnd> {
    this.#recallNotFound();
    for (;;) {
      const action = nextAction(this.#state, this.#deps.clock.now());
      if (action.kind === 'finish') return this.#finish(action);
      if (action.kind === 'defer') return this.#defer(action);
      const observation = await this.#carryOut(action);
      this.#state = {
        ...observe(this.#state, observation, this.#deps.clock.now()),
        reserved: this.#budget.grant?.calls ?? 0,
      };
    }
  }

  #carryOut(
    action: Exclude<Action, { kind: 'finish' | 'defer' }>,
  ): Promise<Observation> | Observation {
    switch (action.kind) {
      case 'reserve':
        return reserveCalls(this.#deps, this.#budget, action.calls);
      case 'look':
        return this.#look(action.users);
      case 'look-up-users':
        return this.#calls.lookUpUsers(action, this.#state.sight);
      case 'decide':
        return { ...action, kind: 'decided' };
      case 'announce':
        return this.#announce(action);
      case 'add':
        return this.#add(action.add);
      case 'withdraw':
        return { kind: 'withdrawn' };
      case 'wait':
        return this.#wait(action.untilMs);
    }
  }

  /** Without a call, if another request has just found that this conversation does not exist. */
  #recallNotFound(): void {
    const { notFound, clock } = this.#deps;
    const { conversationId, deadlineMs } = this.#writer.current;
    const failure = notFound?.recall(conversationId);
    if (!failure || this.#state.adds.length > 0 || clock.now() >= deadlineMs) return;
    this.#state = observe(this.#state, { kind: 'failed', failure }, clock.now());
  }

  async #look(users: readonly RequestedParticipant[]): Promise<Observation> {
    const { conversationId } = this.#writer.current;
    const observation = await this.#calls.look(users, this.#writer.flush());
    if (observation.kind === 'failed' && observation.failure.code === 'CONVERSATION_NOT_FOUND') {
      this.#deps.notFound?.remember(conversationId, observation.failure);
    }
    return observation;
  }

  /** The write-ahead: record and lease in parallel. Posts only if both are written. */
  async #announce({ add }: Extract<Action, { kind: 'announce' }>): Promise<Observation> {
    const { leases, clock } = this.#deps;
    const context = writeContext(this.#deps);
    const { requestId } = this.#writer.current;
    const next = addAnnounced(this.#observed(), add, this.#progress(), context);
    const [written, held] = await Promise.allSettled([
      this.#writer.write(next),
      leases.announceAdds(this.#lease, {
        nowMs: clock.now(),
        expiresAtMs: clock.now() + CONVERSATION_LEASE_MS,
        adds: announcedAdds(requestId, requestedAt(this.#state, add.positions), context.nowMs),
      }),
    ]);
    if (written.status === 'rejected') throw written.reason;
    this.#countProgress();
    this.#state = observe(this.#state, { kind: 'announced', adds: next.adds }, clock.now());
    if (held.status === 'fulfilled' && held.value) return { kind: 'announced', adds: next.adds };
    return {
      kind: 'withdrawn',
      cause:
        held.status === 'fulfilled'
          ? { code: 'CONVERSATION_BUSY', detail: 'The lease of the conversation was lost' }
          : { code: 'INTERNAL_ERROR', detail: new TableError(held.reason).message },
    };
  }

  /** Other requests wait for reads to show the add from its end on, which can be seconds later. */
  async #add(add: AddAttempt): Promise<Observation> {
    try {
      return await this.#calls.add(add, requestedAt(this.#state, add.positions));
    } finally {
      this.#lease.recentAdds = endedAdds(this.#lease.recentAdds, this.#writer.current.requestId, {
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

  async #finish({ verdict, deadLetter }: Extract<Action, { kind: 'finish' }>): Promise<ReceiveEnd> {
    const final = endedRecord(this.#deps, this.#writer.current, {
      verdict,
      adds: [...this.#state.adds],
      progress: this.#progress(),
    });
    await this.#writer.write(final);
    return {
      kind: 'finished',
      record: final,
      ...(deadLetter && verdict ? { deadLetter: verdict } : {}),
    };
  }

  async #defer({ untilMs, code, detail }: Extract<Action, { kind: 'defer' }>): Promise<ReceiveEnd> {
    const end = { kind: 'deferred', untilMs: Math.round(untilMs), code, detail } as const;
    const { adds } = this.#state;
    const waiting = { untilMs: end.untilMs, code, detail };
    const progress = this.#progress();
    const next = deferred(
      this.#writer.current,
      waiting,
      [...adds],
      progress,
      writeContext(this.#deps),
    );
    try {
      await this.#writer.write(next);
    } catch (error) {
      // If this fails, the write-ahead is enough for the next receive.
      if (error instanceof RecordChangedError) throw error;
    }
    return end;
  }

  /** The record with what this receive has determined about earlier adds. */
  #observed(): RequestRecord {
    const { current } = this.#writer;
    const { adds } = this.#state;
    if (adds === current.adds) return current;
    const none = { ...this.#progress(), genesysCalls: 0, genesysCorrelationIds: [] };
    return addsObserved(current, [...adds], none, writeContext(this.#deps));
  }

  #progress(): Progress {
    const { calls, correlationIds } = this.#budget;
    return {
      participants: [...this.#state.participants],
      genesysCalls: calls - this.#counted.calls,
      genesysCorrelationIds: correlationIds
        .slice(this.#counted.correlationIds)
        .map((id) => this.#deps.clean(id, MAX_CORRELATION_ID)),
    };
  }

  #countProgress(): void {
    const { calls, correlationIds } = this.#budget;
    this.#counted = { calls, correlationIds: correlationIds.length };
  }
}

/** Longest correlation id that is kept, in characters. */
const MAX_CORRELATION_ID = 128;
