import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** serverless.yml with its variables resolved. `Ref` and other functions are left in place. */
export interface Service {
  provider: {
    region: string;
    stage: string;
    timeout?: number;
    memorySize?: number;
    environment?: Record<string, unknown>;
  };
  /** Folder of the esbuild bundles, from the repository's root. */
  bundles: string;
  functions: ServiceFunction[];
  resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
}

export interface ServiceFunction {
  /** Name in serverless.yml. */
  key: string;
  /** Name in AWS. */
  name: string;
  /** `functions/intake/index.handler` */
  handler: string;
  /** Seconds. */
  timeout?: number;
  memorySize?: number;
  environment?: Record<string, unknown>;
  /** `schedule` is a rate, such as `rate(1 minute)`. */
  events: { sqs?: SqsEventSource; schedule?: string }[];
}

export interface SqsEventSource {
  arn: unknown;
  batchSize?: number;
  maximumBatchingWindow?: number;
  maximumConcurrency?: number;
  functionResponseType?: string;
}

export interface ApiGateway {
  url: string;
  service: Service;
  stop(): Promise<void>;
}

export interface ApiGatewayOptions {
  port: number;
  /** Root of the repository. */
  root: string;
  /** Environment for `${env:…}` in serverless.yml. */
  environment: NodeJS.ProcessEnv;
  /** Called once the service is known, before the first event comes in. */
  onService: (service: Service) => void;
  /** Invokes a function with an HTTP event. A rejection becomes API Gateway's 500. */
  invoke: (functionName: string, event: unknown) => Promise<unknown>;
  /** Called when the process ends unexpectedly. */
  onEnd: (why: string) => void;
}

type ChildMessage =
  | { type: 'service'; service: Service }
  | { type: 'ready' }
  | { type: 'invoke'; id: number; functionName: string; event: unknown };

/** Characters of output kept to explain a failed start. */
const KEPT_OUTPUT = 4_000;

/**
 * API Gateway on this machine: `serverless offline` in its own process, which bundles the functions by
 * serverless.yml and turns HTTP requests into events.
 * @throws Error with the end of its output if it does not start
 */
export async function startApiGateway(options: ApiGatewayOptions): Promise<ApiGateway> {
  const { root, port } = options;
  await removeOldBuilds(root);
  const buildFolder = join('.local', `build-${process.pid}`);
  const child = spawn(
    process.execPath,
    [
      // The program itself, because npx does not forward signals.
      realpathSync(join(root, 'node_modules/.bin/serverless')),
      ...['offline', 'start', '--host', '127.0.0.1', '--httpPort', String(port)],
      // Default: a fixed port.
      ...['--lambdaPort', '0'],
      // Its functions only forward events. Timeouts and instances are handled here.
      ...['--useInProcess', '--noTimeout'],
      // The local API has no access control.
      '--noAuth',
    ],
    {
      cwd: root,
      env: {
        ...options.environment,
        LOCAL_API_GATEWAY: 'true',
        LOCAL_BUILD_FOLDER: buildFolder,
        SLS_TELEMETRY_DISABLED: '1',
        SLS_NOTIFICATIONS_MODE: 'off',
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const ended = once(child, 'exit').then(() => {});
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_OUTPUT);
    });
  }
  let stopping = false;

  async function stop(): Promise<void> {
    stopping = true;
    // The child ends when this channel closes.
    if (child.connected) child.disconnect();
    const tooSlow = setTimeout(() => child.kill('SIGKILL'), 1_000);
    await ended;
    clearTimeout(tooSlow);
    await rm(join(root, buildFolder), { recursive: true, force: true });
  }

  const service = await new Promise<Service>((resolve, reject) => {
    let known: Service | undefined;
    child.on('message', (message: ChildMessage) => {
      if (message.type === 'invoke') {
        respond(child, message, options.invoke);
      } else if (message.type === 'service') {
        try {
          options.onService(message.service);
          known = message.service;
        } catch (error) {
          reject(error);
        }
      } else if (known) {
        resolve(known);
      }
    });
    ended.then(() => {
      const why = `serverless offline has ended:\n${output.trim()}`;
      if (known && !stopping) options.onEnd(why);
      reject(new Error(why));
    });
  }).catch(async (error: Error) => {
    await stop();
    throw error;
  });
  return { url: `http://127.0.0.1:${port}`, service, stop };
}

/** Removes build folders of processes that were killed. */
async function removeOldBuilds(root: string): Promise<void> {
  for (const name of await readdir(join(root, '.local')).catch(() => [])) {
    const pid = Number(/^build-(\d+)$/.exec(name)?.[1]);
    if (pid && !isAlive(pid))
      await rm(join(root, '.local', name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function respond(
  child: ChildProcess,
  { id, functionName, event }: ChildMessage & { type: 'invoke' },
  invoke: ApiGatewayOptions['invoke'],
): void {
  const send = (message: object) => {
    if (child.connected) child.send(message);
  };
  invoke(functionName, event).then(
    (response) => send({ id, response }),
    () => send({ id, failed: true }),
  );
}
