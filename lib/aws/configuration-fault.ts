import { isAccessDenied } from './access-denied.ts';

interface AwsError {
  name?: string;
  $metadata?: { httpStatusCode?: number };
}

/**
 * Whether an AWS call failed because of the configuration (access denied, no such queue, no credentials).
 * A retry does not help then; an operator has to fix it. All other errors are temporary: throttling, server
 * errors, no response.
 */
export function isConfigurationFault(error: unknown): boolean {
  const { name = '', $metadata } = (error ?? {}) as AwsError;
  if (name === 'CredentialsProviderError' || isAccessDenied(error)) return true;
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500 && status !== 429 && !/throttl/i.test(name);
}
