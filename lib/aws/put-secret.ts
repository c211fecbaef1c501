import { PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

export interface SecretWrite {
  secretId: string;
  value: string;
  /** 32 to 64 characters; becomes the version's id. */
  clientRequestToken: string;
  /** Staging labels that move to this version; none given: `AWSCURRENT`. */
  stages?: string[];
}

/**
 * Writes a version of a secret: `taken` where a version of that name exists with other content.
 * The same name with the same content is the same write (AWS: PutSecretValue, ClientRequestToken).
 */
export type PutSecret = (write: SecretWrite) => Promise<'written' | 'taken'>;

export function createPutSecret(client: SecretsManagerClient): PutSecret {
  return async ({ secretId, value, clientRequestToken, stages }) => {
    try {
      await client.send(
        new PutSecretValueCommand({
          SecretId: secretId,
          SecretString: value,
          ClientRequestToken: clientRequestToken,
          VersionStages: stages,
        }),
      );
      return 'written';
    } catch (error) {
      if ((error as Error).name === 'ResourceExistsException') return 'taken';
      throw error;
    }
  };
}
