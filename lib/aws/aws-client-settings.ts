/**
 * What every AWS client of the functions is created with: SQS, Secrets Manager and DynamoDB.
 *
 * The SDK waits without a limit unless told otherwise. A try that gets no answer ends after 3 s, so
 * two of them end within 6.5 s, the SDK's pause between them included. Only an answer that stops
 * halfway takes longer.
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
    /** Of silence on the connection, which ends a response that stops halfway. */
    socketTimeout: 3_000,
  },
} as const;
