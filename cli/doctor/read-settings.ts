import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createGetSecret } from '../../lib/aws/get-secret.ts';
import { type AdderConfig, readAdderConfig } from '../../lib/config.ts';
import {
  type Credentials,
  createReadCredentials,
  type ReadCredentials,
} from '../../lib/genesys/token/credentials.ts';

type Environment = Record<string, string | undefined>;

export interface Settings {
  /** As it was given: a region, a domain or a URL. */
  environmentName: string;
  config: AdderConfig;
  credentialsSource: string;
  readCredentials: ReadCredentials;
}

/** What the adder's configuration asks for and no check here needs. */
const NOT_NEEDED = {
  REQUESTS_TABLE_NAME: 'not-needed',
  GENESYS_CREDENTIALS_SECRET_ID: 'not-needed',
  GENESYS_TOKEN_SECRET_ID: 'not-needed',
  REQUEST_QUEUE_URL: 'http://127.0.0.1/not-needed',
  REQUEST_DLQ_URL: 'http://127.0.0.1/not-needed',
  AUDIT_QUEUE_URL: 'http://127.0.0.1/not-needed',
};

/** The template's own default. */
const DEFAULT_ENVIRONMENT = 'us-east-1';

/**
 * Reads the adder's configuration. The credentials come from the environment where they are there,
 * else from the secret, as the function itself reads them.
 * @throws ConfigError
 */
export function readSettings(environment: Environment): Settings {
  const set = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  ) as Record<string, string>;
  const environmentName = set.GENESYS_ENV ?? DEFAULT_ENVIRONMENT;
  const config = readAdderConfig({ ...NOT_NEEDED, ...set, GENESYS_ENV: environmentName });
  return { environmentName, config, ...findCredentials(set) };
}

function findCredentials(
  set: Record<string, string>,
): Pick<Settings, 'credentialsSource' | 'readCredentials'> {
  const { GENESYS_CLIENT_ID: clientId, GENESYS_CLIENT_SECRET: clientSecret } = set;
  if (clientId !== undefined || clientSecret !== undefined) {
    return {
      credentialsSource: 'GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET',
      readCredentials: async (): Promise<Credentials> => {
        if (clientId === undefined) throw new Error('GENESYS_CLIENT_ID is missing');
        if (clientSecret === undefined) throw new Error('GENESYS_CLIENT_SECRET is missing');
        return { clientId, clientSecret, versionId: 'environment' };
      },
    };
  }
  const secretId = set.GENESYS_CREDENTIALS_SECRET_ID;
  if (secretId === undefined) {
    return {
      credentialsSource: 'nowhere',
      readCredentials: async () => {
        throw new Error('no client id and secret are configured');
      },
    };
  }
  const client = new SecretsManagerClient({
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 5_000,
      throwOnRequestTimeout: true,
    },
  });
  const getSecret = createGetSecret(client);
  return {
    credentialsSource: `the secret ${secretId}`,
    readCredentials: createReadCredentials(() => getSecret(secretId)),
  };
}
