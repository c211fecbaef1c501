/**
 * Lambda hands a function its credentials in the environment, always. The SDK's default chain also
 * looks for them in shared files, SSO, a web identity, a process and two metadata services: 135 KB
 * and some 20 ms of every cold start that nothing here can ever use.
 */
const credentialsFromEnvironment = `
export const defaultProvider = () => async () => {
  const env = process.env;
  const missing = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].filter((name) => !env[name]);
  if (missing.length > 0) {
    const error = new Error(
      'No AWS credentials: ' + missing.join(' and ') + ' not set. This bundle takes them from the ' +
      'environment only, where Lambda puts them.');
    error.name = 'CredentialsProviderError';
    throw error;
  }
  return {
    accessKeyId: env.AWS_ACCESS_KEY_ID,
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
    ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
  };
};`;

/** @type {import('esbuild').Plugin} */
const environmentCredentials = {
  name: 'environment-credentials',
  setup(build) {
    build.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, () => ({
      path: 'environment-credentials',
      namespace: 'environment-credentials',
    }));
    build.onLoad({ filter: /.*/, namespace: 'environment-credentials' }, () => ({
      contents: credentialsFromEnvironment,
    }));
  },
};

module.exports = [environmentCredentials];
