/**
 * How the stand-in behaves where the platform leaves room: limits, delays, and the points that are
 * not documented and may be either way (docs/genesys.md). Read at each request, so that a test may
 * change it in the middle of a run.
 */
export interface Behaviour {
  /** Requests allowed in a window of one minute, whatever they are, token requests included. */
  requestsPerMinute: number;
  /** `expires_in` of new tokens. The platform's own range is 300 to 172,800. */
  tokenLifetimeSeconds: number;
  /** Conversations are read as they were this long ago, as from a replica that lags behind. */
  readLagMs: number;
  /** What becomes of ringing somebody, by user id or address in lower case; see RingOutcome. */
  ringOutcomes: Map<string, RingOutcome>;
  /** What becomes of ringing all others. */
  ringOutcome: RingOutcome;
  /** How long somebody is rung who does not answer. */
  ringTimeoutMs: number;
  /** How the platform lists a user who was dialled. */
  dialledUserPurpose: 'agent' | 'user';
  /** The user whom a dialled queue finds; `undefined`: it finds none, and rings on. */
  queueAgentId: string | undefined;
  /** So many adds to come are carried out, and their answers are lost. */
  lostAnswers: number;
  /** Conversations are read so slowly. */
  slowReadsMs: number;
  /** A dialled user or address answers after this long; `undefined`: it rings on. */
  answerAfterMs: number | undefined;
  /** Seats in a conversation that names no `maxParticipants` of its own. */
  defaultMaxParticipants: number;
  /**
   * What one bad participant does to the others in the same body on the live platform, which does
   * not document it: `atomic` refuses all, `each` carries out the good ones and answers 200.
   */
  platformBatch: 'atomic' | 'each';
  /** What an id nobody has does to a bulk read of users; both have been seen. */
  unknownUsersInBulk: 'left-out' | 'not-found';
  /**
   * `false` gives a pure contract G for users: the bulk read does not exist (404) and a single one
   * answers `{id, status}`.
   */
  genericBulkUsers: boolean;
  /** Contract G allows either as the answer to an add. */
  genericAddStatus: 200 | 201;
  /** What the OAuth client's roles permit. */
  permissions: Set<string>;
}

/**
 * What becomes of ringing somebody. `answers` follows `answerAfterMs`; the others end the ringing
 * after `ringTimeoutMs`, or at once where the platform or the person would.
 */
export const RING_OUTCOMES = [
  'answers',
  'no-answer',
  'declines',
  'voicemail',
  'not-available',
  'forwards',
  'fails',
] as const;
export type RingOutcome = (typeof RING_OUTCOMES)[number];

/** Everything the operations here ask for, by both contracts. */
export const ALL_PERMISSIONS = [
  'conversation:communication:view',
  'conversation:agentlessCall:add',
  'conversation:read',
  'conversation:participants:add',
  'user:read',
] as const;

export const DEFAULT_BEHAVIOUR: Readonly<Omit<Behaviour, 'permissions' | 'ringOutcomes'>> = {
  requestsPerMinute: 300,
  tokenLifetimeSeconds: 86_400,
  readLagMs: 0,
  answerAfterMs: 2_000,
  ringOutcome: 'answers',
  ringTimeoutMs: 12_000,
  dialledUserPurpose: 'agent',
  queueAgentId: undefined,
  lostAnswers: 0,
  slowReadsMs: 0,
  defaultMaxParticipants: 20,
  platformBatch: 'atomic',
  unknownUsersInBulk: 'left-out',
  genericBulkUsers: true,
  genericAddStatus: 201,
};

export function createBehaviour(options: Partial<Behaviour> = {}): Behaviour {
  const set = Object.fromEntries(
    Object.entries(options).filter(
      ([name, value]) => value !== undefined || name === 'answerAfterMs',
    ),
  );
  return {
    ...DEFAULT_BEHAVIOUR,
    permissions: new Set(ALL_PERMISSIONS),
    ringOutcomes: new Map(),
    ...set,
  };
}
