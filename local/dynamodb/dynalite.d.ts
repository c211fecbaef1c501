declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** @param options milliseconds that a table is in a state of transition */
  export default function dynalite(options?: { createTableMs?: number }): Server;
}
