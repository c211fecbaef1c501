import { checkResets } from './check-resets.ts';
import { checkParameters } from './parameters.ts';
import {
  awsClient,
  defaultParameters,
  functionEnvironments,
  givenParameters,
  type Options,
  readParameters,
  refuse,
  type Serverless,
} from './serverless.ts';
import { formatSettingChanges } from './setting-changes.ts';
import { checkConfiguration, checkStageSettings, plainSettings } from './settings.ts';
import { checkStageName } from './stage-name.ts';

/**
 * Refuses a deploy that would not work, before anything is packaged. Prints the settings of a deploy.
 * @param command as typed: `deploy`, `deploy function`
 * @throws UserError with one line for each problem
 */
export async function checkCommand(
  serverless: Serverless,
  command: string,
  options: Options,
): Promise<void> {
  const stage = serverless.getProvider('aws').getStage();
  const problems = checkParameters(givenParameters(options), defaultParameters(serverless, stage));
  // A package was checked when it was built, and deploy function does not change settings.
  const makesPackage = command === 'package' || (command === 'deploy' && !options.package);
  if (makesPackage) {
    const parameter = readParameters(serverless, options);
    problems.push(
      ...checkStageName(stage, namesOf(serverless)),
      ...checkStageSettings({
        stage,
        environment: process.env,
        allowLoopback: parameter('allowLoopback') === 'true',
        withoutWebhook: parameter('withoutWebhook') === 'true',
      }),
      ...checkConfiguration(functionEnvironments(serverless)),
    );
  }
  if (problems.length > 0) {
    refuse([`Not ready to ${command}:`, ...problems.map((line) => `  ${line}`)]);
  }
  if (command === 'deploy' && makesPackage) {
    await printSettings(serverless);
    await checkResets(serverless, options);
  }
}

function namesOf({ service }: Serverless) {
  const resources = Object.values(service.resources.Resources);
  const all = (property: string) =>
    resources.map(({ Properties }) => Properties?.[property]).filter(isString);
  return {
    function: service.getAllFunctions().map((name) => service.getFunction(name).name),
    queue: all('QueueName'),
    alarm: all('AlarmName'),
  };
}

const isString = (value: unknown): value is string => typeof value === 'string';

async function printSettings(serverless: Serverless): Promise<void> {
  const provider = serverless.getProvider('aws');
  const wanted: Record<string, Record<string, string>> = {};
  for (const [name, environment] of Object.entries(functionEnvironments(serverless))) {
    wanted[name] = plainSettings(environment);
  }
  const { settings, note } = await readDeployedSettings(serverless);
  const lines = [
    `Settings for stage ${provider.getStage()} in ${provider.getRegion()}${note}:`,
    ...formatSettingChanges(wanted, settings),
  ];
  process.stderr.write(`\n${lines.join('\n')}\n\n`);
}

async function readDeployedSettings(serverless: Serverless): Promise<{
  settings: Record<string, Record<string, string> | undefined>;
  note: string;
}> {
  const { service } = serverless;
  const settings: Record<string, Record<string, string> | undefined> = {};
  try {
    const lambda = await awsClient(serverless, 'client-lambda', 'LambdaClient');
    await Promise.all(
      service.getAllFunctions().map(async (name) => {
        const configuration = await lambda
          .send('GetFunctionConfiguration', { FunctionName: service.getFunction(name).name })
          .catch((error: Error) => {
            if (error.name === 'ResourceNotFoundException') return undefined;
            throw error;
          });
        if (!configuration) return;
        const { Variables } = (configuration.Environment ?? {}) as {
          Variables?: Record<string, string>;
        };
        settings[name] = Variables ?? {};
      }),
    );
  } catch (error) {
    // A deployer who may not read functions may still deploy.
    return {
      settings: {},
      note: ` (what is deployed cannot be read: ${(error as Error).message.split('\n')[0]})`,
    };
  }
  const isDeployed = Object.keys(settings).length > 0;
  return { settings, note: isDeployed ? ' (* differs from what is deployed)' : ' (first deploy)' };
}
