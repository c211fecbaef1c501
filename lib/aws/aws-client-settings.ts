/**
 * Settings of all AWS clients of the functions: SQS, Secrets Manager and DynamoDB.
 *
 * By default the SDK waits without a limit. Here an attempt without a response ends after 3 s, so two
 * attempts end within 6.5 s, including the SDK's delay between them. Only a response that stops halfway
 * takes longer.
 */
export const AWS_CLIENT_SETTINGS = {
  // No code here adds middleware to a client after it was created.
  cacheMiddleware: true,
  /** Options of the SDK's NodeHttpHandler, in milliseconds. */
  requestHandler: {
    connectionTimeout: 1_000,
    /** From sending the request to the head of the response. */
    requestTimeout: 3_000,
    // Otherwise the handler only logs a warning when the time is up.
    throwOnRequestTimeout: true,
    /** Silence on the connection, which ends a response that stops halfway. */
    socketTimeout: 3_000,
  },
} as const;
