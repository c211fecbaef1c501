import { PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** Replaces the value of a secret. */
export type PutSecret = (secretId: string, value: string) => Promise<void>;

export function createPutSecret(client: SecretsManagerClient): PutSecret {
  return async (secretId, value) => {
    await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: value }));
  };
}
