import type { Action, ConversationSight, Observation } from '../domain/add-flow/state.ts';
import type { Clock } from '../domain/clock.ts';
import type { RequestedParticipant } from '../domain/participant.ts';
import type { AddAttempt } from '../domain/request-record.ts';
import type { CallBudget } from '../genesys/api/call-budget.ts';
import type { GenesysClient } from '../genesys/api/genesys-client.ts';
import { addByGenericEndpoint } from '../genesys/conversation/add-by-generic-endpoint.ts';
import { addToCall } from '../genesys/conversation/add-to-call.ts';
import { lookAtConversation } from '../genesys/conversation/read-conversation.ts';
import type { UserLookup } from '../genesys/users/user-lookup.ts';
import { toFailure } from './to-failure.ts';

export interface GenesysCallsDeps {
  client: GenesysClient;
  users: UserLookup;
  clock: Pick<Clock, 'now'>;
  /** Capacity if the conversation does not state it. */
  maxParticipants: number;
  /** Redacts and bounds foreign text. */
  clean: (text: string, maxLength: number) => string;
}

/** The calls to Genesys Cloud of one receive. Each returns an observation, and throws defects only. */
export interface GenesysCalls {
  /**
   * Reads the conversation and, in parallel, the users in bulk.
   * @param beside done in parallel. If it fails, the look is discarded and its error is thrown
   */
  look(users: readonly RequestedParticipant[], beside: Promise<void>): Promise<Observation>;
  lookUpUsers(
    action: Extract<Action, { kind: 'look-up-users' }>,
    sight: ConversationSight | undefined,
  ): Promise<Observation>;
  add(add: AddAttempt, people: readonly RequestedParticipant[]): Promise<Observation>;
}

export function createGenesysCalls(
  { client, users, clock, maxParticipants, clean }: GenesysCallsDeps,
  conversationId: string,
  budget: CallBudget,
): GenesysCalls {
  const readFailure = (error: unknown): Observation => {
    const failure = toFailure(error, clean, true);
    if (!failure) throw error;
    return { kind: 'failed', failure };
  };

  return {
    async look(asked, beside) {
      const beganAtMs = clock.now();
      const [sight, directory, done] = await Promise.allSettled([
        lookAtConversation(client, conversationId, maxParticipants, budget),
        asked.length > 0 ? users.inBulk(asked, budget) : undefined,
        beside,
      ]);
      if (done.status === 'rejected') throw done.reason;
      if (sight.status === 'rejected') return readFailure(sight.reason);
      if (directory.status === 'rejected') return readFailure(directory.reason);
      return {
        kind: 'looked',
        beganAtMs,
        sight: sight.value,
        users: asked.length > 0 ? (directory.value ?? 'singly') : undefined,
      };
    },

    async lookUpUsers({ users: asked, singly }, sight) {
      const contract = sight?.roster.contract ?? 'platform';
      try {
        const found = singly
          ? await users.singly(asked, contract, budget)
          : await users.inBulk(asked, budget);
        return { kind: 'users-found', users: found ?? 'singly' };
      } catch (error) {
        return readFailure(error);
      }
    },

    async add({ contract, actingUserId }, people) {
      const callsBefore = budget.calls;
      try {
        if (contract === 'generic' || actingUserId === undefined) {
          const everyone = await addByGenericEndpoint(client, conversationId, people, budget);
          return { kind: 'added', everyone };
        }
        const sight = await addToCall(client, conversationId, actingUserId, people, budget);
        return { kind: 'added', sight };
      } catch (error) {
        const failure = toFailure(error, clean, budget.calls > callsBefore);
        if (!failure) throw error;
        return { kind: 'add-failed', failure };
      }
    },
  };
}
