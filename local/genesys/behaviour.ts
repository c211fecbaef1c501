/**
 * Behaviour of the stand-in that varies between organisations or is not documented: limits, delays and
 * alternatives (docs/genesys.md). Read at each request, so that a test can change it during a run.
 */
export interface Behaviour {
  /** Requests allowed in a window of one minute, including token requests. */
  requestsPerMinute: number;
  /** `expires_in` of new tokens. The platform's own range is 300 to 172,800. */
  tokenLifetimeSeconds: number;
  /** Conversations are read as they were this many milliseconds ago, as from a replica that lags. */
  readLagMs: number;
  /** Outcome of ringing a party, by user id or address in lower case; see RingOutcome. */
  ringOutcomes: Map<string, RingOutcome>;
  /** Outcome of ringing every other party. */
  ringOutcome: RingOutcome;
  /** Milliseconds until an unanswered call stops ringing. */
  ringTimeoutMs: number;
  /** How the platform lists a user who was dialled. */
  dialledUserPurpose: 'agent' | 'user';
  /** The agent that a dialled queue finds. `undefined`: it finds no agent and keeps ringing. */
  queueAgentId: string | undefined;
  /** Number of coming adds that are carried out but whose responses are lost. */
  lostResponses: number;
  /** Milliseconds that reading a conversation takes. */
  slowReadsMs: number;
  /** Milliseconds until a dialled user or address answers. `undefined`: it keeps ringing. */
  answerAfterMs: number | undefined;
  /** Seats in a conversation that names no `maxParticipants` of its own. */
  defaultMaxParticipants: number;
  /**
   * Effect of one invalid participant on the others in the same request. The live platform does not
   * document it: `atomic` refuses all, `each` adds the valid ones and returns 200.
   */
  platformBatch: 'atomic' | 'each';
  /** Effect of an unknown id on a bulk read of users. Both have been observed. */
  unknownUsersInBulk: 'left-out' | 'not-found';
  /**
   * `false`: users as the generic endpoint describes them. There is no bulk read (404), and a single
   * read returns `{id, status}`.
   */
  genericBulkUsers: boolean;
  /** The generic endpoint may return either for an add. */
  genericAddStatus: 200 | 201;
  /** Permissions of the OAuth client's roles. */
  permissions: Set<string>;
}

/**
 * Outcome of ringing a party. `answers` follows `answerAfterMs`. The others end the ringing after
 * `ringTimeoutMs`, or immediately if the platform or the person would.
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

/** All permissions that the operations require. */
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
  lostResponses: 0,
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
