import type { Template } from '../package-service.ts';

/** What `Ref` gives for each logical id: a queue's URL, a secret's ARN. */
export type References = Record<string, string>;

/**
 * The environment that the template gives a function, with its references put in.
 * @param functionName as in serverless.yml
 * @throws Error for a reference that `references` does not have
 */
export function templateEnvironment(
  template: Template,
  functionName: string,
  references: References,
): Record<string, string> {
  const variables: Record<string, unknown> =
    functionResource(template, functionName).Properties.Environment.Variables;
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      const { Ref: logicalId } = value as { Ref?: string };
      const found = logicalId === undefined ? undefined : references[logicalId];
      if (found === undefined) throw new Error(`${name}: no value for ${JSON.stringify(value)}`);
      return [name, found];
    }),
  );
}

/** The AWS::Lambda::Function of a function of serverless.yml. */
export function functionResource(template: Template, functionName: string) {
  const logicalId = `${functionName.charAt(0).toUpperCase()}${functionName.slice(1)}LambdaFunction`;
  const resource = template.Resources[logicalId];
  if (!resource) throw new Error(`The template has no ${logicalId}`);
  return resource;
}
