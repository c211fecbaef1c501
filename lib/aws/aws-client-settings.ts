const { env } = process;

/**
 * Settings of a function's client of an AWS service.
 *
 * By default the SDK waits without a limit. Here an attempt without a response ends after 3 s, so two
 * attempts end within 6.5 s, including the SDK's delay between them. Only a response that stops halfway
 * takes longer.
 * @param service as in the variable for its endpoint, which emulators set
 */
export function awsClientSettings(
  service: 'DYNAMODB' | 'SECRETS_MANAGER' | 'SQS',
  { maxAttempts = 3 } = {},
) {
  const endpoint = env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL;
  return {
    maxAttempts,
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
    ...(endpoint ? { endpoint } : {}),
    ...withoutProfileFiles(),
  };
}

/**
 * Everything else that the SDK would look up in the files of a profile. A function has none, and looking
 * for them is part of its cold start (docs/performance.md). The values are the SDK's defaults.
 */
function withoutProfileFiles() {
  return {
    ...(env.AWS_REGION ? { region: env.AWS_REGION } : {}),
    useFipsEndpoint: env.AWS_USE_FIPS_ENDPOINT === 'true',
    useDualstackEndpoint: env.AWS_USE_DUALSTACK_ENDPOINT === 'true',
    ignoreConfiguredEndpointUrls: true,
    retryMode: 'standard',
    authSchemePreference: async () => [],
    disableClockSkewCorrection: false,
    userAgentAppId: async () => undefined,
    /** Of DynamoDB. The credentials of a function name no account. */
    accountIdEndpointMode: 'disabled',
  } as const;
}
