import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Credentials } from './local-aws.ts';

/** Where the parts of the running system are, for other commands. */
export interface Endpoints {
  /** Of the process that all of it belongs to. */
  pid: number;
  apiUrl: string;
  /** For `AWS_ENDPOINT_URL_SQS`. */
  sqsEndpoint: string;
  /** For `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
  secretsManagerEndpoint: string;
  /** For `AWS_ENDPOINT_URL_DYNAMODB`. */
  dynamoDbEndpoint: string;
  region: string;
  /** The local Secrets Manager asks for these; the other servers take any. */
  credentials: Credentials;
  /** Of the stand-in; absent where a real one is used. */
  genesysUrl?: string;
  /** Of our receiver; absent where there is another. */
  webhookUrl?: string;
  /** By logical id: `RequestQueue`, `RequestDeadLetterQueue`, `AuditQueue`, `AuditDeadLetterQueue`. */
  queues: Record<string, { name: string; url: string; arn: string }>;
  /** Names, by logical id: `GenesysCredentialsSecret`, `GenesysTokenSecret`, `WebhookSigningSecret`. */
  secrets: Record<string, string>;
  /** Names, by logical id: `RequestsTable`. */
  tables: Record<string, string>;
  /** By key in serverless.yml. */
  functions: Record<string, { environment: Record<string, string>; timeoutMs: number }>;
}

const FILE = 'endpoints.json';

/** @param folder `.local`, or what `LOCAL_FOLDER` says */
export async function writeEndpoints(folder: string, endpoints: Endpoints): Promise<void> {
  await mkdir(folder, { recursive: true });
  // Credentials are in it: for the user's own processes only.
  await writeFile(join(folder, FILE), `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
}

/** The endpoints of the system that runs; `undefined` where none does. */
export async function readEndpoints(folder: string): Promise<Endpoints | undefined> {
  try {
    const endpoints = JSON.parse(await readFile(join(folder, FILE), 'utf8')) as Endpoints;
    // Left behind by a process that was killed?
    process.kill(endpoints.pid, 0);
    return endpoints;
  } catch {
    return undefined;
  }
}

/** Removes the file, unless another system has written its own over it. */
export async function removeEndpoints(folder: string, pid: number): Promise<void> {
  if ((await readEndpoints(folder))?.pid !== pid) return;
  await rm(join(folder, FILE), { force: true });
}
