import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { accessKeyOf } from '../access-key-of.ts';
import { isLocalProgram } from '../is-local-program.ts';
import { listen } from '../listen.ts';
import { type PutInput, type Secret, SecretStore, SecretsManagerError } from './secret-store.ts';

export interface LocalSecretsManager {
  /** For `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
  endpoint: string;
  /** Creates the secret if it does not exist. A value becomes `AWSCURRENT`. */
  putSecret(name: string, value?: string): void;
  /** The text under a label (default `AWSCURRENT`), or `undefined` if absent. */
  readSecret(name: string, stage?: string): string | undefined;
  /** Number of versions of a secret, including deprecated ones. */
  countVersions(name: string): number;
  /** Names of the operations requested so far, in order. */
  operations: string[];
  stop(): Promise<void>;
}

type Input = PutInput & {
  Name?: string;
  SecretId?: string;
  VersionId?: string;
  VersionStage?: string;
  MoveToVersionId?: string;
  RemoveFromVersionId?: string;
  IncludeDeprecated?: boolean;
};

type Operation = (store: SecretStore, input: Input) => Record<string, unknown>;

const inSeconds = (ms: number) => ms / 1000;
const identity = ({ arn, name }: Secret) => ({ ARN: arn, Name: name });

/** Responses by operation (API reference of AWS Secrets Manager). */
const operations: Record<string, Operation> = {
  CreateSecret(store, input) {
    const { secret, version } = store.create(input.Name ?? '', input);
    return { ...identity(secret), VersionId: version?.id };
  },
  GetSecretValue(store, input) {
    const { secret, version } = store.get(input.SecretId ?? '', input);
    return {
      ...identity(secret),
      VersionId: version.id,
      SecretString: version.SecretString,
      SecretBinary: version.SecretBinary,
      VersionStages: [...version.stages],
      CreatedDate: inSeconds(version.createdAtMs),
    };
  },
  PutSecretValue(store, input) {
    const { secret, version } = store.put(input.SecretId ?? '', input);
    return { ...identity(secret), VersionId: version.id, VersionStages: [...version.stages] };
  },
  UpdateSecretVersionStage(store, input) {
    return identity(store.updateStage(input.SecretId ?? '', input.VersionStage ?? '', input));
  },
  DescribeSecret(store, input) {
    const secret = store.find(input.SecretId ?? '');
    return {
      ...identity(secret),
      CreatedDate: inSeconds(secret.createdAtMs),
      VersionIdsToStages: Object.fromEntries(
        [...secret.versions.values()]
          .filter(({ stages }) => stages.size > 0)
          .map(({ id, stages }) => [id, [...stages]]),
      ),
    };
  },
  ListSecretVersionIds(store, input) {
    const secret = store.find(input.SecretId ?? '');
    return {
      ...identity(secret),
      Versions: [...secret.versions.values()]
        .filter(({ stages }) => stages.size > 0 || input.IncludeDeprecated)
        .map(({ id, stages, createdAtMs }) => ({
          VersionId: id,
          VersionStages: [...stages],
          CreatedDate: inSeconds(createdAtMs),
        })),
    };
  },
};

/**
 * AWS Secrets Manager on this machine: the operations that the service and its tools use, in the SDK's
 * JSON 1.1 protocol, without checking signatures. It may hold the client secret of a real Genesys Cloud,
 * so it refuses web pages and clients without the credentials of this start.
 * @param options.port default 0: any free port
 * @param options.accessKeyId access key that requests must use; default: any
 */
export async function startSecretsManager(
  options: { port?: number; region?: string; accessKeyId?: string; now?: () => number } = {},
): Promise<LocalSecretsManager> {
  const store = new SecretStore(options);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const problem = refuse(request, options.accessKeyId);
    if (problem) {
      reply(response, 403, problem);
      return;
    }
    respond(store, asked, request, response).catch((error: Error) => {
      reply(response, 500, { __type: 'InternalServiceError', Message: error.message });
    });
  });
  const { url, stop } = await listen(server, options.port);

  return {
    endpoint: url,
    putSecret(name, value) {
      try {
        store.find(name);
      } catch {
        store.create(name);
      }
      if (value !== undefined) store.put(name, { SecretString: value });
    },
    readSecret(name, stage) {
      try {
        return store.get(name, { VersionStage: stage }).version.SecretString;
      } catch {
        return undefined;
      }
    },
    countVersions: (name) => store.find(name).versions.size,
    operations: asked,
    stop,
  };
}

/** Why a request is refused, in the words of AWS. */
function refuse({ headers }: IncomingMessage, accessKeyId: string | undefined) {
  if (!isLocalProgram(headers)) {
    return { __type: 'AccessDeniedException', Message: 'Only programs on this machine may ask.' };
  }
  if (accessKeyId === undefined || accessKeyOf(headers) === accessKeyId) return undefined;
  return {
    __type: 'UnrecognizedClientException',
    Message: 'The credentials are not those of this start; endpoints.json has them.',
  };
}

async function respond(
  store: SecretStore,
  asked: string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = String(request.headers['x-amz-target']).replace(/^secretsmanager\./, '');
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  try {
    const operation = operations[name];
    if (!operation) {
      throw new SecretsManagerError('UnknownOperationException', `${name} is not served here.`);
    }
    asked.push(name);
    reply(response, 200, operation(store, JSON.parse(body)));
  } catch (error) {
    if (!(error instanceof SecretsManagerError)) throw error;
    reply(response, 400, { __type: error.name, Message: error.message });
  }
}

function reply(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}
