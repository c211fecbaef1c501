import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

export interface SecretVersion {
  value: string;
  versionId: string;
  stages: string[];
}

/**
 * Reads the version of a secret that carries a staging label (default `AWSCURRENT`).
 * `undefined` where the secret has no such version, as one that was created without a value, where
 * the value is empty (a console or a script put it in), or where there is no such secret: Secrets Manager tells the two apart by its message only.
 */
export type GetSecret = (secretId: string, stage?: string) => Promise<SecretVersion | undefined>;

export function createGetSecret(client: SecretsManagerClient): GetSecret {
  return async (secretId, stage = 'AWSCURRENT') => {
    try {
      const response = await client.send(
        new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage }),
      );
      if (!response.SecretString) return undefined;
      return {
        value: response.SecretString,
        versionId: response.VersionId ?? '',
        stages: response.VersionStages ?? [],
      };
    } catch (error) {
      if ((error as Error).name === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  };
}
