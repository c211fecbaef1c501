import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { UserError } from '../../lib/user-error.ts';
import { findSecret } from '../credentials/find-secret.ts';

const SERVICE = 'genesys-automated-adder';

interface DeployedTemplate {
  Resources?: Record<
    string,
    { Properties?: { Environment?: { Variables?: Record<string, unknown> } } }
  >;
}

/**
 * The environment of a deployed stage's adder, as far as the doctor needs it: the plain values of its
 * template, and the secret with the credentials.
 * @throws UserError where the stage is not deployed in the region
 */
export async function readStage(stage: string, region: string): Promise<Record<string, string>> {
  const secret = await findSecret('GenesysCredentialsSecret', stage, region);
  const client = new CloudFormationClient({ region });
  const StackName = `${SERVICE}-${stage}`;
  try {
    const { TemplateBody = '{}' } = await client.send(new GetTemplateCommand({ StackName }));
    const { Resources }: DeployedTemplate = JSON.parse(TemplateBody);
    const variables = Resources?.AdderLambdaFunction?.Properties?.Environment?.Variables ?? {};
    const plain = Object.entries(variables).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    return { ...Object.fromEntries(plain), GENESYS_CREDENTIALS_SECRET_ID: secret };
  } catch (error) {
    throw new UserError(
      `The template of ${StackName} in ${region} cannot be read: ${(error as Error).message}`,
    );
  } finally {
    client.destroy();
  }
}
