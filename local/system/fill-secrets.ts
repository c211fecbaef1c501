import { SAMPLE_CLIENT } from '../genesys/sample-organisation.ts';
import type { LocalSecretsManager } from '../secrets-manager/start-secrets-manager.ts';
import type { Settings } from './read-settings.ts';

/**
 * Stores the credentials and the signing keys, as an operator does after the first deploy.
 * @param secrets names by logical id
 * @returns a function that reads the current keys, which may be rotated while the system runs
 */
export function fillSecrets(
  secretsManager: LocalSecretsManager,
  secrets: Record<string, string>,
  settings: Settings,
): () => string[] {
  const { clientId, clientSecret } = settings.genesys ?? SAMPLE_CLIENT;
  const nameOf = (logicalId: string) => {
    const name = secrets[logicalId];
    if (!name) throw new Error(`serverless.yml has no secret ${logicalId}`);
    return name;
  };
  const put = (logicalId: string, value: object) =>
    secretsManager.putSecret(nameOf(logicalId), JSON.stringify(value));
  put('GenesysCredentialsSecret', { clientId, clientSecret });
  put('WebhookSigningSecret', { keys: settings.signingKeys });

  return () => {
    try {
      const text = secretsManager.readSecret(nameOf('WebhookSigningSecret')) ?? '';
      const keys: unknown[] = JSON.parse(text).keys;
      // The receiver's verification package supports only this kind.
      return keys.filter((key): key is string => /^whsec_/.test(String(key)));
    } catch {
      return [];
    }
  };
}
