interface AwsError {
  name?: string;
  $metadata?: { httpStatusCode?: number };
}

/**
 * Whether an AWS call failed for a reason that no repeat mends (access denied, no such queue, no
 * credentials) and somebody has to change the set-up. Everything else passes by itself: throttling,
 * server errors, no answer.
 */
export function isConfigurationFault(error: unknown): boolean {
  const { name = '', $metadata } = (error ?? {}) as AwsError;
  if (name === 'CredentialsProviderError') return true;
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500 && status !== 429 && !/throttl/i.test(name);
}
