import type { Outcome, ParticipantResult, Warning } from './audit-event.ts';
import type { RequestedParticipant } from './participant.ts';
import { firstMentions, type Refusal } from './roster.ts';

/**
 * What has been decided about each participant of a request, by position. It outlives an error, so
 * that a result can tell how far the request came.
 */
export class Ledger {
  readonly participants: readonly RequestedParticipant[];
  /** A POST was sent and nobody has looked yet what became of it. */
  unchecked = false;
  readonly #results: (ParticipantResult | undefined)[];
  readonly #warnings = new Map<number, Warning>();

  constructor(participants: readonly RequestedParticipant[]) {
    this.participants = participants;
    this.#results = participants.map(() => undefined);
  }

  /** Positions to be decided; somebody named twice is decided once. */
  positions(): number[] {
    return firstMentions(this.participants);
  }

  /** The participants at these positions. */
  at(positions: readonly number[]): RequestedParticipant[] {
    return positions.flatMap((position) => this.participants[position] ?? []);
  }

  /** Goes into the result if the participant is added. */
  warn(position: number, warning: Warning | undefined): void {
    if (warning !== undefined) this.#warnings.set(position, warning);
  }

  settle(position: number, outcome: Outcome, refusal?: Refusal): void {
    const participant = this.participants[position];
    if (!participant) return;
    const warning = outcome === 'ADDED' ? this.#warnings.get(position) : undefined;
    this.#results[position] = {
      ...participant,
      outcome,
      ...(warning === undefined ? {} : { warning }),
      ...refusal,
    };
  }

  reject(positions: readonly number[], refusal: Refusal): void {
    for (const position of positions) this.settle(position, 'REJECTED', refusal);
  }

  /**
   * Every participant's result. Whoever is named twice fares as at the first mention; whoever was
   * not decided was not attempted, for the reason given.
   */
  results(undecided: Refusal | undefined): ParticipantResult[] {
    return this.participants.map((participant, position) => {
      const first = this.participants.findIndex(
        (other) => firstMentions([other, participant]).length === 1,
      );
      const result = this.#results[position] ?? this.#results[first];
      if (result) return { ...result, ...participant };
      return { ...participant, outcome: 'NOT_ATTEMPTED', ...undecided };
    });
  }
}
