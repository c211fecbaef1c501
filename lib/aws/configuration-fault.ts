import { isAccessDenied } from './access-denied.ts';

interface AwsError {
  name?: string;
  cause?: unknown;
  $metadata?: { httpStatusCode?: number };
}

/**
 * Whether an AWS call failed because of the configuration (access denied, no such queue, no credentials).
 * A retry does not help then; an operator has to fix it. All other errors are temporary: throttling, server
 * errors, no response. The causes of an error count as well.
 */
export function isConfigurationFault(error: unknown): boolean {
  const { name = '', $metadata, cause } = (error ?? {}) as AwsError;
  if (name === 'CredentialsProviderError' || isAccessDenied(error)) return true;
  const status = $metadata?.httpStatusCode ?? 0;
  const isRefused = status >= 400 && status < 500 && status !== 429 && !/throttl/i.test(name);
  return isRefused || (cause !== undefined && isConfigurationFault(cause));
}

/** The field `reason` of a log line about a failed call to AWS. */
export function faultReason(error: unknown): 'configuration' | 'unavailable' {
  return isConfigurationFault(error) ? 'configuration' : 'unavailable';
}
