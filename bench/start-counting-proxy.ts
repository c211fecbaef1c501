import { Agent, createServer, request } from 'node:http';
import { type Listening, listen } from '../local/listen.ts';

export interface CountingProxy extends Omit<Listening, 'port'> {
  /** Calls by their operation, as `UpdateItem`, since the last look at it. */
  takeCounts(): Record<string, number>;
}

/** Forwards the calls of an AWS SDK to a server on this machine, and counts them. */
export async function startCountingProxy(serverUrl: string): Promise<CountingProxy> {
  const agent = new Agent({ keepAlive: true });
  let counts: Record<string, number> = {};
  const server = createServer((incoming, outgoing) => {
    const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    counts[operation] = (counts[operation] ?? 0) + 1;
    const { method, headers, url = '' } = incoming;
    const forwarded = request(`${serverUrl}${url}`, { method, headers, agent }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  const { url, stop } = await listen(server);
  return {
    url,
    takeCounts() {
      const taken = counts;
      counts = {};
      return taken;
    },
    async stop() {
      agent.destroy();
      await stop();
    },
  };
}
