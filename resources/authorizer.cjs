/**
 * Who may call the API. Without parameters: IAM. With jwtIssuer and jwtAudience: the tokens of that
 * issuer for one of those audiences (separated by commas), with one of the scopes that adding, reading
 * or cancelling asks for. Decided here and not by a condition in the
 * template, so that the template that is deployed, read and linted names the authorizer in plain words.
 */
module.exports = async ({ resolveVariable }) => {
  const issuer = await resolveVariable('param:jwtIssuer');
  const audience = list(await resolveVariable('param:jwtAudience'));
  if (Boolean(issuer) !== audience.length > 0) {
    const message = 'jwtIssuer and jwtAudience belong together: give both, or neither for IAM';
    // osls prints the stack where there is one; the sentence says it all.
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

/** The values of a parameter that is a list, separated by commas. */
function list(text) {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
}
