import type { Resource, Template } from '../package-service.ts';
import { type LocalResource, resolveReferences } from '../system/resolve-references.ts';

/**
 * The environment that the template gives a function, with its references put in.
 * @param functionName as in serverless.yml
 * @param resources what `Ref` and `Fn::GetAtt` give, by logical id
 * @throws Error for a reference that `resources` does not have
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
  // As osls names them: `follow-up` is FollowDashup.
  const name = functionName.replaceAll('-', 'Dash');
  const logicalId = `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
  const resource = template.Resources[logicalId];
  if (!resource) throw new Error(`The template has no ${logicalId}`);
  return resource;
}
