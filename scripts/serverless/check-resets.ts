import { findResets } from './find-resets.ts';
import { type GivenSettings, METADATA_KEY } from './given-settings.ts';
import { parameterNames } from './parameters.ts';
import { awsClient, type Options, readParameters, refuse, type Serverless } from './serverless.ts';
import { deployedVariables, settingsOfThisDeploy } from './settings-of-this-deploy.ts';

/**
 * Outside dev, a setting that was given to the last deploy does not silently return to its default.
 * @throws UserError with one line for each
 */
export async function checkResets(serverless: Serverless, options: Options): Promise<void> {
  const stage = serverless.getProvider('aws').getStage();
  const parameter = readParameters(serverless, options);
  if (stage === 'dev' || parameter('allowReset') === 'true') return;
  const values: GivenSettings = {
    variables: deployedVariables(serverless),
    parameters: Object.fromEntries(parameterNames.map((name) => [name, parameter(name)])),
  };
  const lines = findResets(
    stage,
    await readGivenSettings(serverless),
    settingsOfThisDeploy(serverless, options),
    values,
  );
  if (lines.length === 0) return;
  refuse([
    'Not ready to deploy:',
    ...lines.map((line) => `  ${line}`),
    '  --param="allowReset=true" deploys the defaults.',
  ]);
}

/** What the deployed stage was given. Undefined without a stage, or if it cannot be read. */
async function readGivenSettings(serverless: Serverless): Promise<GivenSettings | undefined> {
  const StackName = serverless.getProvider('aws').naming.getStackName();
  try {
    const client = await awsClient(serverless, 'client-cloudformation', 'CloudFormationClient');
    const { TemplateBody } = await client.send('GetTemplate', { StackName });
    return JSON.parse(String(TemplateBody)).Metadata?.[METADATA_KEY];
  } catch {
    // There is no stack, or the deployer may not read it. The printed settings say which.
    return undefined;
  }
}
