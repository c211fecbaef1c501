import type { ServerResponse } from 'node:http';

export interface EventStream {
  /** Keeps a response open as a stream of server-sent events. */
  open(response: ServerResponse): void;
  send(event: string, data: unknown): void;
  /** Whether a browser is connected. */
  hasReaders(): boolean;
  stop(): void;
}

/** Slower readers than this many bytes behind are dropped; the page reconnects automatically. */
const MAX_BACKLOG = 8 * 1024 * 1024;

/** Server-sent events to any number of pages. */
export function createEventStream(): EventStream {
  const readers = new Set<ServerResponse>();
  return {
    open(response) {
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
      });
      response.write('retry: 1000\n\n');
      readers.add(response);
      response.on('close', () => readers.delete(response));
    },
    send(event, data) {
      const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      for (const reader of readers) {
        if (reader.writableLength > MAX_BACKLOG) reader.destroy();
        else reader.write(text);
      }
    },
    hasReaders: () => readers.size > 0,
    stop() {
      for (const reader of readers) reader.end();
      readers.clear();
    },
  };
}
