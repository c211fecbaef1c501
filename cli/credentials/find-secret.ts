import { CloudFormationClient, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation';
import { UserError } from '../../lib/user-error.ts';

const SERVICE = 'genesys-automated-adder';

export type SecretName = 'GenesysCredentialsSecret' | 'WebhookSigningSecret';

/**
 * The ARN of a secret of a deployed stage. The stack knows it: the secrets have no names of their
 * own, so that a stack that was removed can be deployed again at once.
 * @throws UserError where there is no such stack, or none with the secret in it
 */
export async function findSecret(name: SecretName, stage: string, region: string): Promise<string> {
  const client = new CloudFormationClient({ region });
  const stack = `${SERVICE}-${stage}`;
  try {
    const { StackResourceDetail } = await client.send(
      new DescribeStackResourceCommand({ StackName: stack, LogicalResourceId: name }),
    );
    const arn = StackResourceDetail?.PhysicalResourceId;
    if (arn) return arn;
  } catch (error) {
    const { name: kind, message } = error as Error;
    if (kind !== 'ValidationError' && kind !== 'ValidationException') throw error;
    throw new UserError(
      `No ${name} in the stack ${stack} in ${region} (${message}). Is the stage deployed, and is this its region?`,
    );
  } finally {
    client.destroy();
  }
  throw new UserError(`The stack ${stack} has no ${name} yet. Deploy it first.`);
}
