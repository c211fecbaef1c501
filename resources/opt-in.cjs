/**
 * Resources that a stack has only where a parameter asks for them. Decided here and not by a condition in
 * the template, so that the template that is deployed, read and linted has nothing that is not there.
 */
const optIn =
  (parameter, file) =>
  async ({ resolveVariable }) =>
    (await resolveVariable(`param:${parameter}`)) ? resolveVariable(`file(resources/${file})`) : {};

module.exports = {
  dataActions: optIn('genesysOrganizationId', 'data-actions.yml'),
  eventBridge: optIn('eventSource', 'eventbridge.yml'),
};
