import { SAMPLE_CLIENT } from '../genesys/sample-organisation.ts';
import type { LocalSecretsManager } from '../secrets-manager/start-secrets-manager.ts';
import type { Settings } from './read-settings.ts';

/**
 * Puts the credentials and the signing keys in, as an operator does after a first deploy.
 * @param secrets names by logical id
 * @returns reads the keys as they are now: they may be rotated while the system runs
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
      // The package that our receiver verifies with knows this kind alone.
      return keys.filter((key): key is string => /^whsec_/.test(String(key)));
    } catch {
      return [];
    }
  };
}
