/**
 * Authorizers of the API. Without parameters: IAM. With jwtIssuer and jwtAudience: tokens of that
 * issuer for one of those audiences (separated by commas), with one of the scopes that the operation
 * needs. Chosen here and not by a condition in the template, so that the deployed template names its
 * authorizer.
 */
module.exports = async ({ resolveVariable }) => {
  const issuer = await resolveVariable('param:jwtIssuer');
  const audience = list(await resolveVariable('param:jwtAudience'));
  if (Boolean(issuer) !== audience.length > 0) {
    const message = 'jwtIssuer and jwtAudience belong together: set both, or neither to use IAM';
    // osls prints the stack if there is one. The message is enough.
    throw Object.assign(new Error(message), { stack: message });
  }
  if (!issuer) {
    const iam = { type: 'aws_iam' };
    return { toAdd: iam, toRead: iam, toCancel: iam, all: {} };
  }
  const withScopes = async (parameter) => {
    const scopes = list(await resolveVariable(`param:${parameter}`));
    return { name: 'jwt', ...(scopes.length > 0 && { scopes }) };
  };
  return {
    toAdd: await withScopes('jwtAddScopes'),
    toRead: await withScopes('jwtReadScopes'),
    toCancel: await withScopes('jwtCancelScopes'),
    all: {
      jwt: {
        type: 'jwt',
        identitySource: '$request.header.Authorization',
        issuerUrl: issuer,
        audience,
      },
    },
  };
};

/** Splits a parameter that is a comma-separated list. */
function list(text) {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
}
