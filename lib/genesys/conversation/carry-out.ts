import type { Clock, Random } from '../../domain/clock.ts';
import { AdderError } from '../../domain/errors.ts';
import type { Ledger } from '../../domain/ledger.ts';
import type { RequestedParticipant } from '../../domain/participant.ts';
import { RETRIES_IN_PLACE, retryInPlaceDelayMs, SHORT_WAIT_MS } from '../../domain/retry-policy.ts';
import {
  arrivedSince,
  isIn,
  presenceWarning,
  type Roster,
  refuseCapacity,
  refuseRole,
  refuseUser,
  type UserDirectory,
} from '../../domain/roster.ts';
import { type CallBudget, OutOfTimeError } from '../api/call-budget.ts';
import type { GenesysClient } from '../api/genesys-client.ts';
import { GenesysError } from '../api/genesys-error.ts';
import type { CallAllowance } from '../pace/call-allowance.ts';
import type { UserLookup } from '../users/look-up-users.ts';
import { addByGenericEndpoint } from './add-by-generic-endpoint.ts';
import { addToCall } from './add-to-call.ts';
import { readConversation } from './read-conversation.ts';
import { READ_LAG_MS, type SettlingTimes } from './settling-times.ts';

/** POSTs for one request in one go that may have had an effect: the first, and two more. */
const MAX_ROUNDS = 3;

export interface CarryOutDeps {
  client: GenesysClient;
  users: UserLookup;
  allowance: CallAllowance;
  clock: Clock;
  random: Random;
  /** `MAX_PARTICIPANTS`: people who fit where the conversation does not say. */
  maxParticipants: number;
  /** Until when a look at a conversation may miss what this instance did to it. */
  settling: SettlingTimes;
}

/**
 * Carries out one request: looks who is in, decides who is missing, adds them, and judges each by
 * what the conversation holds afterwards. It is safe to do again at any time, because every POST
 * comes after a look and names only those who are missing.
 *
 * What is decided goes into the ledger; participants that are open at the end were stopped by the
 * error that is thrown.
 * @throws AdderError `retry`: worth another try; `reject`, `fatal`: a verdict on the whole request
 * @throws OutOfTimeError
 */
export async function carryOut(
  deps: CarryOutDeps,
  conversationId: string,
  ledger: Ledger,
  budget: CallBudget,
): Promise<void> {
  const { client, users, maxParticipants, settling, clock } = deps;
  const settlingMs = settling.remainingMs(conversationId, clock.now());
  if (settlingMs > 0) await clock.sleep(settlingMs);
  const [roster, directory] = await bothOrThrow(
    readConversation(client, conversationId, maxParticipants, budget),
    users.inBulk(ledger.participants, budget),
  );
  let missing = settleByRoster(ledger, roster);
  if (missing.length === 0) return;
  missing = settleByUser(
    ledger,
    missing,
    directory ?? (await users.singly(ledger.at(missing), roster.contract, budget)),
  );
  await addMissing(deps, conversationId, ledger, roster, missing, budget);
}

/** The two reads go out side by side; the first one's error is the one that counts. */
async function bothOrThrow<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}

/** Settles who is in and whose role is refused; returns the positions of who is missing. */
function settleByRoster(ledger: Ledger, roster: Roster): number[] {
  return ledger.positions().filter((position) => {
    const [participant] = ledger.at([position]);
    if (!participant) return false;
    if (isIn(roster, participant)) {
      ledger.settle(position, 'ALREADY_PRESENT');
      return false;
    }
    const refusal = refuseRole(roster.contract, participant);
    if (refusal) ledger.reject([position], refusal);
    return refusal === undefined;
  });
}

/** Settles users who cannot be added, and notes warnings; returns the positions that are left. */
function settleByUser(ledger: Ledger, missing: number[], directory: UserDirectory): number[] {
  return missing.filter((position) => {
    const [participant] = ledger.at([position]);
    if (participant?.id === undefined) return true;
    const facts = directory.get(participant.id);
    ledger.warn(position, presenceWarning(participant, facts));
    const refusal = refuseUser(facts);
    if (refusal) ledger.reject([position], refusal);
    return refusal === undefined;
  });
}

/** Settles who has come between two looks; returns the positions of who is still missing. */
function settleArrivals(ledger: Ledger, before: Roster, after: Roster, missing: number[]) {
  const arrived = arrivedSince(before, after, ledger.at(missing));
  return missing.filter((position, index) => {
    if (arrived[index]) ledger.settle(position, 'ADDED');
    return !arrived[index];
  });
}

/**
 * Adds who is missing, in rounds: a POST; where it did not bring in everybody, a new look; then a
 * POST of only those who are still missing.
 */
async function addMissing(
  deps: CarryOutDeps,
  conversationId: string,
  ledger: Ledger,
  firstRoster: Roster,
  firstMissing: number[],
  budget: CallBudget,
): Promise<void> {
  const { client, clock, maxParticipants, settling } = deps;
  let roster = firstRoster;
  let missing = firstMissing;
  let rounds = 0;
  /** Rounds with a clear answer that brought in nobody. */
  let fruitless = 0;
  let rateLimits = 0;
  /** Users on whose behalf the platform would not add: it says they are not in the call. */
  const notInCall = new Set<string>();

  while (missing.length > 0) {
    const capacity = refuseCapacity(roster, missing.length, ledger.participants.length);
    if (capacity) return ledger.reject(missing, capacity);
    if (clock.now() >= budget.deadlineMs) throw deadlineExceeded();
    const actingUserId =
      roster.actingUserIds.find((id) => !notInCall.has(id)) ?? roster.actingUserIds[0];
    const before = roster;
    const asked = missing.length;
    let failure: GenesysError | undefined;
    let waitMs = READ_LAG_MS;
    try {
      ledger.unchecked = true;
      const people = ledger.at(missing);
      const after = await post(client, conversationId, roster, actingUserId, people, budget);
      settling.begin(conversationId, clock.now());
      rounds += 1;
      if (after === 'everybody') {
        for (const position of missing) ledger.settle(position, 'ADDED');
        missing = [];
      } else if (after) {
        missing = settleArrivals(ledger, before, after, missing);
      }
    } catch (error) {
      if (!(error instanceof GenesysError) || wasNotCarriedOut(error)) ledger.unchecked = false;
      if (!(error instanceof GenesysError)) throw error;
      failure = error;
      if (error.status === 429) {
        waitMs = rateLimitDelayMs(deps, error, rateLimits);
        rateLimits += 1;
      } else {
        if (wasNotCarriedOut(error) && error.remedy === 'retry') throw error;
        rounds += 1;
        waitMs = Math.max(waitMs, error.retryAfterMs ?? 0);
        if (error.status === 404 && actingUserId !== undefined) notInCall.add(actingUserId);
        missing = settleRefused(ledger, missing, error);
      }
    }
    if (missing.length === 0) break;

    const outOfTime = clock.now() + waitMs > budget.finishByMs;
    if (outOfTime || waitMs > SHORT_WAIT_MS) throw failure ?? new OutOfTimeError('another look');
    await clock.sleep(waitMs);
    roster = await readConversation(client, conversationId, maxParticipants, budget);
    ledger.unchecked = false;
    missing = settleArrivals(ledger, before, roster, missing);
    if (missing.length === asked && failure?.remedy !== 'retry') fruitless += 1;
    if (missing.length > 0 && rounds >= MAX_ROUNDS) {
      if (fruitless < MAX_ROUNDS) throw failure ?? notAllIn();
      return ledger.reject(missing, {
        code: 'GENESYS_REJECTED',
        detail:
          failure?.message ??
          `Genesys Cloud took the request ${MAX_ROUNDS} times and never listed this participant.`,
      });
    }
  }
  ledger.unchecked = false;
}

/** One POST by the operation for this conversation; returns who is in afterwards, if that is told. */
async function post(
  client: GenesysClient,
  conversationId: string,
  roster: Roster,
  actingUserId: string | undefined,
  people: readonly RequestedParticipant[],
  budget: CallBudget,
): Promise<Roster | 'everybody' | undefined> {
  if (roster.contract === 'generic') {
    const all = await addByGenericEndpoint(client, conversationId, people, budget);
    return all ? 'everybody' : undefined;
  }
  if (actingUserId === undefined) {
    throw new AdderError(
      'Nobody in the call is a Genesys Cloud user on whose behalf people could be added',
      { code: 'NO_ACTING_USER', disposition: 'reject' },
    );
  }
  return addToCall(client, conversationId, actingUserId, people, budget);
}

/** A clear refusal: nobody was rung, and there is nothing to look at. */
function wasNotCarriedOut({ status }: GenesysError): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409;
}

/**
 * Rejects whom the platform refused. Where it names who is at fault, only those: the batch was
 * refused over them, and the others get their chance in the next round.
 */
function settleRefused(ledger: Ledger, missing: number[], error: GenesysError): number[] {
  const final = error.remedy === 'reject' || error.remedy === 'fatal';
  const blamed = missing.filter((position) =>
    error.blamed.includes(ledger.participants[position]?.id ?? ''),
  );
  const unknown = error.status === 404;
  const named = blamed.length > 0 && (error.remedy === 'reject' || unknown);
  const refused = named ? blamed : final ? missing : [];
  ledger.reject(refused, { code: unknown ? 'UNKNOWN_USER' : error.code, detail: error.message });
  return missing.filter((position) => !refused.includes(position));
}

/** The wait after a 429: the named one, else 1 s, 2 s, 4 s for the whole instance. */
function rateLimitDelayMs(deps: CarryOutDeps, error: GenesysError, retry: number): number {
  if (retry >= RETRIES_IN_PLACE) throw error;
  if (error.retryAfterMs !== undefined) return error.retryAfterMs;
  const delayMs = retryInPlaceDelayMs(retry, deps.random);
  void deps.allowance.pauseUntil(deps.clock.now() + delayMs);
  return delayMs;
}

/** Some have come, or some answers were lost: worth going on with after a while. */
function notAllIn(): AdderError {
  return new AdderError('Not everybody is in yet', {
    code: 'GENESYS_UNAVAILABLE',
    disposition: 'retry',
  });
}

function deadlineExceeded(): AdderError {
  return new AdderError('The deadline passed before the participants could be added', {
    code: 'DEADLINE_EXCEEDED',
    disposition: 'reject',
  });
}
