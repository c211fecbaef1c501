import {
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';
import { createGetSecret, type GetSecret } from '../../lib/aws/get-secret.ts';

/**
 * Wiring that `index.ts` imports only when there is a secret to read: the second AWS client costs
 * start-up time. A file of its own, because a bundler takes all of a package that is imported
 * dynamically by itself, and of this file only what it uses.
 */
export function openSecretsManager(options: SecretsManagerClientConfig): GetSecret {
  return createGetSecret(new SecretsManagerClient(options));
}
