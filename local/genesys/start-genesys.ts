import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import type { Clock } from '../../lib/domain/clock.ts';
import { systemClock } from '../../lib/system-clock.ts';
import { type Listening, listen } from '../listen.ts';
import { CONTROL_PATH, control } from './control.ts';
import { createGenesys, type GenesysOptions, type GenesysState } from './create-genesys.ts';
import type { GenesysRequest, GenesysResponse } from './exchange.ts';
import { SAMPLE_CLIENT, sampleOrganisation } from './sample-organisation.ts';

export interface StartGenesysOptions extends Partial<Omit<GenesysOptions, 'now'>> {
  /** Default 0: any free port. */
  port?: number;
  /** Default: the system clock. */
  clock?: Clock;
}

/** `url` is a value for `GENESYS_ENV`. `stop` closes all connections, also hanging ones. */
export interface RunningGenesys extends Listening {
  state: GenesysState;
}

/**
 * Starts the stand-in Genesys Cloud on a port. Defaults: the sample organisation and the sample OAuth
 * client.
 */
export async function startGenesys(options: StartGenesysOptions = {}): Promise<RunningGenesys> {
  const { port = 0, clock = systemClock, ...rest } = options;
  const genesys = createGenesys({
    ...SAMPLE_CLIENT,
    ...sampleOrganisation(clock.now()),
    ...rest,
    now: () => clock.now(),
  });
  const stopping = new AbortController();
  const pause = async (delayMs: number) => {
    if (delayMs > 0) await clock.sleep(delayMs, stopping.signal);
  };

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch((error: unknown) => {
      outgoing.destroy();
      // Ignore clients that disconnect, and stopping. Anything else is a bug of the stand-in.
      if (!incoming.destroyed && !stopping.signal.aborted) {
        process.stderr.write(`stand-in Genesys Cloud: ${String((error as Error).stack)}\n`);
      }
    });
  });

  // As a load balancer's. Node's default of five seconds would often break idle connections.
  server.keepAliveTimeout = 60_000;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await readRequest(incoming);
    if (request.path === CONTROL_PATH) {
      send(outgoing, control(genesys.state, request, clock.now()));
      return;
    }
    const exchange = genesys.receive(request);
    await pause(exchange.waitMs);
    const delivery = exchange.carryOut();
    await pause(delivery.delayMs);
    switch (delivery.kind) {
      case 'response':
        send(outgoing, delivery.response);
        break;
      case 'cut':
        cutOff(outgoing, delivery.response);
        break;
      case 'reset':
        incoming.socket.resetAndDestroy();
        break;
      case 'hang':
        break;
    }
  }

  const listening = await listen(server, port);
  return {
    ...listening,
    state: genesys.state,
    stop: () => {
      stopping.abort(new Error('the stand-in stops'));
      return listening.stop();
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<GenesysRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const url = new URL(incoming.url ?? '/', 'http://stand-in');
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, String(value ?? '')]),
    ),
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

function withLength({ headers, body }: GenesysResponse): OutgoingHttpHeaders {
  return { ...headers, 'content-length': Buffer.byteLength(body) };
}

function send(outgoing: ServerResponse, response: GenesysResponse): void {
  outgoing.writeHead(response.status, withLength(response));
  outgoing.end(response.body);
}

/** Sends the headers and half of the body, then closes the connection. */
function cutOff(outgoing: ServerResponse, response: GenesysResponse): void {
  outgoing.writeHead(response.status, withLength(response));
  outgoing.write(response.body.slice(0, response.body.length / 2), () => outgoing.destroy());
}
