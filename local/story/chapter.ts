/** One thing that happened, for a person to read. */
export interface Chapter {
  /** Milliseconds since the epoch. */
  atMs: number;
  /** One word: `accepted`, `rang`, `added`, `delivered`, `deferred`, `ERROR`, … */
  what: string;
  text: string;
  requestId?: string;
  correlationId?: string;
  conversationId?: string;
}
