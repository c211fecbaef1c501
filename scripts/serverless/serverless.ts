import { createRequire } from 'node:module';
import { UserError } from '../../lib/user-error.ts';
import type { Template } from '../../local/package-service.ts';

/** The part of osls that the plugin uses. osls has no types for plugins. */
export interface Serverless {
  service: {
    provider: {
      region: string;
      stage: string;
      environment?: Record<string, unknown>;
      compiledCloudFormationTemplate: Template;
    };
    resources: { Resources: Template['Resources'] };
    getAllFunctions(): string[];
    getFunction(name: string): ServiceFunction;
  };
  /** Folder of serverless.yml. */
  serviceDir: string;
  configurationInput: { params?: Record<string, Record<string, unknown>> };
  getProvider(name: 'aws'): {
    getStage(): string;
    getRegion(): string;
    getAwsSdkV3Config(): Promise<object>;
    naming: { getStackName(): string };
  };
}

export interface ServiceFunction {
  /** Name in AWS. */
  name: string;
  /** `functions/intake/index.handler` */
  handler: string;
  environment?: Record<string, unknown>;
  /** `artifact`: path of the zip, from the folder of serverless.yml. */
  package?: { artifact?: string };
}

export interface Options {
  /** Name of the function, with `deploy function`. */
  function?: string;
  param?: string[];
  package?: string;
  stage?: string;
}

/** A parameter's value: given by `--param`, of the stage, or the default. */
export type ParameterReader = (name: string) => string;

/** The parameters from `--param`. @throws UserError for one that is not NAME=VALUE */
export function givenParameters({ param = [] }: Options): Record<string, string> {
  return Object.fromEntries(
    param.map((text) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (name === undefined || value === undefined) {
        throw new UserError(`--param must be "NAME=VALUE", not "${text}"`);
      }
      return [name, value.trimEnd()];
    }),
  );
}

/** The parameters of a stage in serverless.yml. */
export function defaultParameters(serverless: Serverless, stage: string): Record<string, unknown> {
  const params = serverless.configurationInput.params ?? {};
  return { ...params.default, ...params[stage] };
}

/** Reads parameters as `${param:…}` in serverless.yml does. */
export function readParameters(serverless: Serverless, options: Options): ParameterReader {
  const stage = serverless.getProvider('aws').getStage();
  const values = { ...defaultParameters(serverless, stage), ...givenParameters(options) };
  return (name) => String(values[name] ?? '');
}

/** Environment of each function in serverless.yml, by name. */
export function functionEnvironments({
  service,
}: Serverless): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    service
      .getAllFunctions()
      .map((name) => [
        name,
        { ...service.provider.environment, ...service.getFunction(name).environment },
      ]),
  );
}

/** An AWS client of osls, with the credentials and the region that it deploys with. */
export async function awsClient(
  serverless: Serverless,
  packageName: string,
  clientName: string,
): Promise<{ send: (operation: string, input: object) => Promise<Record<string, unknown>> }> {
  const fromOsls = createRequire(createRequire(import.meta.url).resolve('serverless/package.json'));
  const sdk = fromOsls(`@aws-sdk/${packageName}`);
  const client = new sdk[clientName](await serverless.getProvider('aws').getAwsSdkV3Config());
  return {
    send: (operation, input) => client.send(new sdk[`${operation}Command`](input)),
  };
}

/** Ends the command. Without a stack, osls prints only the message. */
export function refuse(lines: string[]): never {
  const error = new UserError(lines.join('\n'));
  error.stack = error.message;
  throw error;
}
