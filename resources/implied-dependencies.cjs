/**
 * Removes entries that osls adds to DependsOn although a reference already implies them. CloudFormation
 * accepts them. Linters do not (cfn-lint W3005), nor do emulators that lint a template before they deploy
 * it.
 */
module.exports = class ImpliedDependencies {
  constructor(serverless) {
    this.hooks = {
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { Resources } = serverless.service.provider.compiledCloudFormationTemplate;
        for (const resource of Object.values(Resources)) {
          if (!resource.DependsOn) continue;
          const referred = references(resource.Properties);
          const left = [resource.DependsOn].flat().filter((id) => !referred.has(id));
          if (left.length > 0) resource.DependsOn = left;
          else delete resource.DependsOn;
        }
      },
    };
  }
};

/** The logical ids that a value refers to by Ref or Fn::GetAtt. */
function references(value, found = new Set()) {
  if (typeof value !== 'object' || value === null) return found;
  if (typeof value.Ref === 'string') found.add(value.Ref);
  if (value['Fn::GetAtt']) found.add([value['Fn::GetAtt']].flat()[0].split('.')[0]);
  for (const part of Object.values(value)) references(part, found);
  return found;
}
