/**
 * Resources that exist only if a parameter is set. Chosen here and not by a condition in the template, so
 * that the deployed template lists only what exists.
 */
const optIn =
  (parameter, file) =>
  async ({ resolveVariable }) =>
    (await resolveVariable(`param:${parameter}`)) ? resolveVariable(`file(resources/${file})`) : {};

module.exports = {
  dataActions: optIn('genesysOrganizationId', 'data-actions.yml'),
  eventBridge: optIn('eventSource', 'eventbridge.yml'),
  auditTrail: optIn('auditTrailRetentionDays', 'audit-trail.yml'),
  /** A number, as CloudFormation's linters want it: what `--param` gives is text. */
  auditTrailDays: async ({ resolveVariable }) =>
    Number(await resolveVariable('param:auditTrailRetentionDays')),
};
