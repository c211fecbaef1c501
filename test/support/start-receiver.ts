import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Listening, listen } from '../../local/listen.ts';

export interface ReceivedTry {
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
  socket: Socket;
}

export interface Receiver extends Listening {
  /** In order of arrival. */
  tries: ReceivedTry[];
}

/**
 * A webhook receiver with a given behaviour.
 * @param behave responds to attempt `index` (from 0), or does not respond
 */
export async function startReceiver(
  behave: (response: ServerResponse, received: ReceivedTry, index: number) => void,
): Promise<Receiver> {
  const tries: ReceivedTry[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const received: ReceivedTry = {
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        socket: request.socket,
      };
      tries.push(received);
      behave(response, received, tries.length - 1);
    });
  });
  return { ...(await listen(server)), tries };
}
