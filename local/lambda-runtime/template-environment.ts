import type { Resource, Template } from '../package-service.ts';
import { type LocalResource, resolveReferences } from '../system/resolve-references.ts';

/**
 * Environment of a function in the template, with its references resolved.
 * @param functionName name in serverless.yml
 * @param resources values of `Ref` and `Fn::GetAtt`, by logical id
 * @throws Error for a reference that is not in `resources`
 */
export function templateEnvironment(
  template: Template,
  functionName: string,
  resources: Readonly<Record<string, LocalResource>>,
): Record<string, string> {
  const { Variables } = functionResource(template, functionName).Properties.Environment;
  return resolveReferences(Variables, resources) as Record<string, string>;
}

/** The AWS::Lambda::Function of a function of serverless.yml. */
export function functionResource(template: Template, functionName: string): Resource {
  // osls names them this way: `follow-up` is FollowDashup.
  const name = functionName.replaceAll('-', 'Dash');
  const logicalId = `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
  const resource = template.Resources[logicalId];
  if (!resource) throw new Error(`The template has no ${logicalId}`);
  return resource;
}
