/** The settings that lead to a real Genesys Cloud or a real receiver. */
const REAL_SYSTEMS = [
  'GENESYS_ENV',
  'GENESYS_CLIENT_ID',
  'GENESYS_CLIENT_SECRET',
  'EXTERNAL_WEBHOOK_URL',
  'WEBHOOK_SIGNING_KEY',
];

/**
 * The environment without the settings that lead to real systems, for a run that must not ring people or send
 * to a real receiver. They are empty instead of absent, so that `.env` does not set them.
 */
export function withoutRealSystems(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, ...Object.fromEntries(REAL_SYSTEMS.map((name) => [name, ''])) };
}
