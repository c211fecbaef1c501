/** Errors with a message of ours that says what to do. */
const OURS = ['UserError', 'ConfigError'];

interface CommandError {
  name?: string;
  message?: string;
  stack?: string;
  code?: unknown;
  $metadata?: object;
}

/**
 * What a command prints for an error that ends it: one line for one that the user can fix (ours, and
 * those of AWS and of the network), the stack for anything else, which is a bug.
 */
export function describeError(error: CommandError): string {
  const { name = 'Error', message = '', stack, code, $metadata } = error;
  if (OURS.includes(name)) return message;
  if (name === 'CredentialsProviderError') {
    return `No AWS credentials: ${message}. Sign in, set AWS_PROFILE, or give --profile NAME.`;
  }
  // The error of a system call, such as ECONNREFUSED. Its message may be empty.
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code))
    return message || `${code}: no connection`;
  // The AWS SDK adds the metadata to each response that is an error.
  if ($metadata !== undefined) return `AWS responded with ${name}: ${message}`;
  return stack ?? `${name}: ${message}`;
}
