/** A request without its socket. */
export interface GenesysRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

export interface GenesysResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/**
 * What the caller gets: a response, a connection reset, a connection that stays open without a response,
 * or a response that is cut off in the middle of its body.
 */
export type Delivery =
  | { kind: 'response'; response: GenesysResponse }
  | { kind: 'cut'; response: GenesysResponse }
  | { kind: 'reset' }
  | { kind: 'hang' };

/** One request after its arrival. Its carrier (a socket or the simulation) applies the delays. */
export interface Exchange {
  /** Milliseconds before the request is carried out. */
  waitMs: number;
  carryOut(): Delivery & {
    /** Milliseconds from there to the response. */
    delayMs: number;
  };
}
