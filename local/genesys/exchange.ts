/** A request as it came in, without a socket. */
export interface GenesysRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

export interface GenesysAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/**
 * What comes back to the caller: an answer, a connection that is reset, one that stays open without
 * an answer, or an answer that breaks off in the middle of its body.
 */
export type Delivery =
  | { kind: 'answer'; answer: GenesysAnswer }
  | { kind: 'cut'; answer: GenesysAnswer }
  | { kind: 'reset' }
  | { kind: 'hang' };

/** One request, from its arrival on. Whoever carries it (a socket, a simulation) keeps the times. */
export interface Exchange {
  /** How long the request lies before it is carried out. */
  waitMs: number;
  carryOut(): Delivery & {
    /** How long the answer takes after that. */
    delayMs: number;
  };
}
