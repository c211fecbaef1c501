/**
 * Who may call the API. Without parameters: IAM. With jwtIssuer and jwtAudience: the tokens of that
 * issuer for one of those audiences (separated by commas). Decided here and not by a condition in the
 * template, so that the template that is deployed, read and linted names the authorizer in plain words.
 */
module.exports = async ({ resolveVariable }) => {
  const issuer = await resolveVariable('param:jwtIssuer');
  const audience = (await resolveVariable('param:jwtAudience'))
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  if (Boolean(issuer) !== audience.length > 0) {
    const message = 'jwtIssuer and jwtAudience belong together: give both, or neither for IAM';
    // osls prints the stack where there is one; the sentence says it all.
    throw Object.assign(new Error(message), { stack: message });
  }
  if (!issuer) return { ofTheRoute: { type: 'aws_iam' }, all: {} };
  return {
    ofTheRoute: { name: 'jwt' },
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
