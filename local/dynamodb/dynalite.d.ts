declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** @param options milliseconds that creating a table takes */
  export default function dynalite(options?: { createTableMs?: number }): Server;
}
