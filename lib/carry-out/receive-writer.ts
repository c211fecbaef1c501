import type { Action, FlowState } from '../domain/add-flow/state.ts';
import {
  addAnnounced,
  addsObserved,
  deferred,
  type Progress,
} from '../domain/record-transitions.ts';
import type { RequestRecord } from '../domain/request-record.ts';
import type { WriteContext } from '../domain/write-record.ts';
import type { CallBudget } from '../genesys/api/call-budget.ts';
import { endedRecord, type FinishDeps, writeContext } from './finish-request.ts';
import type { ReceiveEnd } from './receive-end.ts';
import { RecordChangedError, type RecordWriter } from './record-writer.ts';

/** Longest correlation id that is kept, in characters. */
const MAX_CORRELATION_ID = 128;

/** `clean` redacts and bounds foreign text. */
type Deps = FinishDeps & { clean: (text: string, maxLength: number) => string };
type Ending = Extract<Action, { kind: 'finish' | 'defer' }>;
type Announced = Extract<Action, { kind: 'announce' }>['add'];

/** Writes what one receive has determined to the record, and counts each of its calls once. */
export class ReceiveWriter {
  readonly #deps: Deps;
  readonly #writer: RecordWriter;
  readonly #budget: CallBudget;
  /** Calls and correlation ids that the record has counted. */
  #counted = { calls: 0, correlationIds: 0 };

  constructor(deps: Deps, writer: RecordWriter, budget: CallBudget) {
    this.#deps = deps;
    this.#writer = writer;
    this.#budget = budget;
  }

  get current(): RequestRecord {
    return this.#writer.current;
  }

  /** Writes that the receive has begun, unless it is written. @throws RecordChangedError, TableError */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /** Writes the write-ahead of an add. @throws RecordChangedError, TableError */
  async announce(state: FlowState, add: Announced, context: WriteContext): Promise<RequestRecord> {
    const next = addAnnounced(this.#observed(state), add, this.#progress(state), context);
    await this.#writer.write(next);
    const { calls, correlationIds } = this.#budget;
    this.#counted = { calls, correlationIds: correlationIds.length };
    return next;
  }

  /**
   * Writes how the receive ends.
   * @throws RecordChangedError; TableError if a result could not be written
   */
  end(state: FlowState, action: Ending): Promise<ReceiveEnd> {
    return action.kind === 'finish' ? this.#finish(state, action) : this.#defer(state, action);
  }

  async #finish(
    state: FlowState,
    { verdict, deadLetter }: Extract<Ending, { kind: 'finish' }>,
  ): Promise<ReceiveEnd> {
    const final = endedRecord(this.#deps, this.current, {
      verdict,
      adds: [...state.adds],
      progress: this.#progress(state),
    });
    await this.#writer.write(final);
    return {
      kind: 'finished',
      record: final,
      ...(deadLetter && verdict ? { deadLetter: verdict } : {}),
    };
  }

  async #defer(
    state: FlowState,
    { untilMs, code, detail }: Extract<Ending, { kind: 'defer' }>,
  ): Promise<ReceiveEnd> {
    const waiting = { untilMs: Math.round(untilMs), code, detail };
    const context = writeContext(this.#deps);
    const adds = [...state.adds];
    const next = deferred(this.current, waiting, adds, this.#progress(state), context);
    try {
      await this.#writer.write(next);
    } catch (error) {
      // If this fails, the write-ahead is enough for the next receive.
      if (error instanceof RecordChangedError) throw error;
    }
    return { kind: 'deferred', ...waiting };
  }

  /** The record with what this receive has determined about earlier adds. */
  #observed(state: FlowState): RequestRecord {
    const { current } = this;
    if (state.adds === current.adds) return current;
    const none = { ...this.#progress(state), genesysCalls: 0, genesysCorrelationIds: [] };
    return addsObserved(current, [...state.adds], none, writeContext(this.#deps));
  }

  #progress({ participants }: FlowState): Progress {
    const { calls, correlationIds } = this.#budget;
    return {
      participants: [...participants],
      genesysCalls: calls - this.#counted.calls,
      genesysCorrelationIds: correlationIds
        .slice(this.#counted.correlationIds)
        .map((id) => this.#deps.clean(id, MAX_CORRELATION_ID)),
    };
  }
}
