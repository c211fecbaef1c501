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
import type { GenesysAnswer, GenesysRequest } from './exchange.ts';
import { SAMPLE_CLIENT, sampleOrganisation } from './sample-organisation.ts';

export interface StartGenesysOptions extends Partial<Omit<GenesysOptions, 'now'>> {
  /** Default 0: any free one. */
  port?: number;
  /** Default: the machine's own. */
  clock?: Clock;
}

/** `url` fits `GENESYS_ENV`; `stop` closes every connection, hanging ones included. */
export interface RunningGenesys extends Listening {
  state: GenesysState;
}

/**
 * Starts the stand-in Genesys Cloud on a port. Without `users` and `conversations` it has the sample
 * organisation, without `clientId` and `clientSecret` the sample client.
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
      // A client that gave up and a stop are no defects of the stand-in; anything else is.
      if (!incoming.destroyed && !stopping.signal.aborted) {
        process.stderr.write(`stand-in Genesys Cloud: ${String((error as Error).stack)}\n`);
      }
    });
  });

  // As long as a load balancer's; with Node's own five seconds idle connections break all the time.
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
      case 'answer':
        send(outgoing, delivery.answer);
        break;
      case 'cut':
        cutOff(outgoing, delivery.answer);
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

function withLength({ headers, body }: GenesysAnswer): OutgoingHttpHeaders {
  return { ...headers, 'content-length': Buffer.byteLength(body) };
}

function send(outgoing: ServerResponse, answer: GenesysAnswer): void {
  outgoing.writeHead(answer.status, withLength(answer));
  outgoing.end(answer.body);
}

/** Headers and half the body, then the connection breaks. */
function cutOff(outgoing: ServerResponse, answer: GenesysAnswer): void {
  outgoing.writeHead(answer.status, withLength(answer));
  outgoing.write(answer.body.slice(0, answer.body.length / 2), () => outgoing.destroy());
}
