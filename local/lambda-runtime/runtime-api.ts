import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isLocalProgram } from '../is-local-program.ts';

/** An error as a function reports it to the Runtime API. */
export interface ReportedError {
  errorType: string;
  errorMessage: string;
}

export interface Invocation {
  id: string;
  event: unknown;
  /** With the version or alias, if one is invoked. */
  functionArn: string;
  /** Milliseconds since the Unix epoch. */
  deadlineMs: number;
  succeed(response: unknown): void;
  fail(error: ReportedError): void;
}

export interface RuntimeApi {
  server: Server;
  /** Hands the invocation to the function: now if it is polling, otherwise at its next poll. */
  offer(invocation: Invocation): void;
  /** Forgets the previous process: its invocation and its poll. */
  reset(): void;
}

/**
 * The Lambda Runtime API (version 2018-06-01) for one execution environment: one invocation at a
 * time, offered by `offer`, fetched by the function with a long poll.
 */
export function createRuntimeApi(options: {
  onInitError: (error: ReportedError) => void;
  /** The function asks for an event, so it has been initialized. */
  onPoll: () => void;
}): RuntimeApi {
  let offered: Invocation | undefined;
  let running: Invocation | undefined;
  let poll: ServerResponse | undefined;

  function handOver(): void {
    if (!offered || !poll) return;
    running = offered;
    const response = poll;
    offered = undefined;
    poll = undefined;
    response.writeHead(200, {
      'content-type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': running.id,
      'Lambda-Runtime-Deadline-Ms': String(running.deadlineMs),
      'Lambda-Runtime-Invoked-Function-Arn': running.functionArn,
      'Lambda-Runtime-Trace-Id': traceHeader(),
    });
    response.end(JSON.stringify(running.event));
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace('/2018-06-01/runtime', '');
    const accept = () => response.writeHead(202).end('{"status":"OK"}');
    if (request.method === 'GET' && path === '/invocation/next') {
      poll = response;
      options.onPoll();
      handOver();
      return;
    }
    const body = await readJson(request);
    if (path === '/init/error') {
      accept();
      options.onInitError(body as ReportedError);
      return;
    }
    const [, id, kind] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (!running || running.id !== id) {
      response.writeHead(400).end('{"errorType":"InvalidRequestID"}');
      return;
    }
    const invocation = running;
    running = undefined;
    accept();
    if (kind === 'response') invocation.succeed(body);
    else invocation.fail(body as ReportedError);
  }

  const server = createServer((request, response) => {
    // A web page that polled would take the event of an invocation.
    if (!isLocalProgram(request.headers)) {
      response.writeHead(403).end();
      return;
    }
    handle(request, response).catch(() => response.destroy());
  });
  // The connection is idle during an invocation. Node's default of 5 s can close it just when the
  // function sends its response.
  server.keepAliveTimeout = 0;

  return {
    server,
    offer(invocation) {
      offered = invocation;
      handOver();
    },
    reset() {
      offered = undefined;
      running = undefined;
      poll = undefined;
    },
  };
}

export const newRequestId = (): string => randomUUID();

/** A sampled X-Ray header as active tracing sends it: the time and 96 random bits. */
function traceHeader(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  const root = `1-${seconds}-${randomBytes(12).toString('hex')}`;
  return `Root=${root};Parent=${randomBytes(8).toString('hex')};Sampled=1`;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
