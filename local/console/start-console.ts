import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { isLocalHost } from '../is-local-host.ts';
import { type Listening, listen } from '../listen.ts';
import type { RequestStory, Storyboard } from '../story/storyboard.ts';
import type { LocalSystem } from '../system/start-system.ts';
import { createEventStream } from './event-stream.ts';
import { forwardToApi } from './forward-to-api.ts';
import { createQueuePanel } from './queue-panel.ts';
import { readGauges } from './read-gauges.ts';
import { readPeople, readRosters } from './read-rosters.ts';
import { PICK_UPS, type StandInSwitches, TROUBLES } from './stand-in-switches.ts';

export interface ConsoleOptions {
  /** Default 0: any free one. */
  port?: number;
  system: LocalSystem;
  client: SQSClient;
  storyboard: Storyboard;
  switches: StandInSwitches;
}

export interface Console extends Listening {
  /** Shows what has changed of a request. */
  tell(story: RequestStory): void;
}

const PAGE = join(import.meta.dirname, 'page');
const FILES: Record<string, [file: string, type: string]> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/style.css': ['style.css', 'text/css; charset=utf-8'],
  '/requests.css': ['requests.css', 'text/css; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
  ...Object.fromEntries(
    ['app', 'dom', 'form', 'requests', 'world'].map((name) => [
      `/${name}.js`,
      [`${name}.js`, 'text/javascript; charset=utf-8'],
    ]),
  ),
};

/** Nothing from elsewhere, no frame around it, no script in the markup. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** How often the page is told what has changed in conversations and queues. */
const REFRESH_MS = 500;
const MAX_BODY_BYTES = 256 * 1024;
const NOTHING_HERE = { error: 'There is nothing here.' };

/** The console page of the local system, for browsers on this machine only. */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const { system, storyboard, switches } = options;
  const { endpoints } = system;
  const panel = createQueuePanel(system, options.client);
  const stream = createEventStream();
  let lastWorld = '';

  function readWorld() {
    const nowMs = Date.now();
    const state = system.genesys?.state;
    return {
      rosters: state ? readRosters(state, nowMs) : [],
      gauges: state ? readGauges(state, nowMs) : undefined,
      switches: state ? switches.current : undefined,
      queues: panel.queues(),
      letters: panel.letters(),
    };
  }

  const timer = setInterval(() => {
    storyboard.look(Date.now());
    if (!stream.hasReaders()) return;
    const world = readWorld();
    const text = JSON.stringify(world);
    if (text === lastWorld) return;
    lastWorld = text;
    stream.send('world', world);
  }, REFRESH_MS);

  const setup = {
    apiUrl: endpoints.apiUrl,
    webhookUrl: endpoints.webhookUrl,
    isStandIn: system.genesys !== undefined,
    people: system.genesys ? readPeople(system.genesys.state) : [],
  };

  const actions: Record<string, (input: Record<string, unknown>) => Promise<object>> = {
    async '/switches'({ pickUp, trouble }) {
      switches.set({
        ...(isOneOf(PICK_UPS, pickUp) ? { pickUp } : {}),
        ...(isOneOf(TROUBLES, trouble) ? { trouble } : {}),
      });
      return switches.current;
    },
    async '/hang-up'({ conversationId, who }) {
      const organisation = system.genesys?.state.organisation;
      if (organisation?.conversation(String(conversationId))) {
        organisation.leave(String(conversationId), String(who), Date.now());
      }
      return {};
    },
    '/redrive': async ({ id }) => panel.redrive(String(id)),
    '/discard': async ({ id }) => ({ found: await panel.discard(String(id)) }),
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    if (!isLocalHost(request.headers.host)) {
      return reply(response, 403, { error: 'This page is for browsers on this machine.' });
    }
    if (method !== 'GET' && !isFromThisPage(request)) {
      return reply(response, 403, { error: 'Only the console page itself may change anything.' });
    }
    const path = url.replace(/\?.*$/s, '');
    if (path.startsWith('/api/')) {
      const body = await readBody(request);
      return forwardToApi(system, url.slice('/api'.length), request, body, response);
    }
    if (method === 'GET') return serveGet(path, response);
    const action = method === 'POST' ? actions[path] : undefined;
    if (!action) return reply(response, 404, NOTHING_HERE);
    return reply(response, 200, await action(asFields(await readBody(request))));
  }

  async function serveGet(path: string, response: ServerResponse): Promise<void> {
    const file = FILES[path];
    if (file) {
      const content = await readFile(join(PAGE, file[0]));
      response.writeHead(200, { 'content-type': file[1] }).end(content);
    } else if (path === '/setup') {
      reply(response, 200, setup);
    } else if (path === '/events') {
      stream.open(response);
      stream.send('world', readWorld());
      for (const story of storyboard.stories()) stream.send('story', story);
    } else {
      reply(response, 404, NOTHING_HERE);
    }
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else reply(response, 502, { error: error.message });
    });
  });
  const listening = await listen(server, options.port);
  return {
    ...listening,
    tell: (story) => stream.send('story', story),
    async stop() {
      clearInterval(timer);
      stream.stop();
      panel.close();
      await listening.stop();
    },
  };
}

/** Browsers say where a request comes from; a form or a script of another page cannot hide it. */
function isFromThisPage({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  return headers['sec-fetch-site'] === 'same-origin' || origin === `http://${host}`;
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** @throws Error for a body that is too large */
async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > MAX_BODY_BYTES) throw new Error('The body is too large.');
  }
  return body;
}

function asFields(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isOneOf<Value extends string>(values: readonly Value[], value: unknown): value is Value {
  return values.some((known) => known === value);
}
