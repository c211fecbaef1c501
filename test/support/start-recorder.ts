import { createServer, type ServerResponse } from 'node:http';
import { type Listening, listen } from '../../local/listen.ts';
import type { SignedRequest } from './verify-sigv4.ts';

export interface Recorder extends Listening {
  /** The request, byte for byte. */
  requests: SignedRequest[];
}

/** A service that keeps its requests. @param respond responds to each complete request */
export async function startRecorder(
  respond: (response: ServerResponse) => void,
): Promise<Recorder> {
  const requests: SignedRequest[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const headers = request.headers as Record<string, string>;
      requests.push({ method: request.method ?? '', path: request.url ?? '', headers, body });
      respond(response);
    });
  });
  return { ...(await listen(server)), requests };
}
