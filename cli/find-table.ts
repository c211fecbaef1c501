import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { UserError } from '../lib/user-error.ts';

/**
 * The name of a stage's table. It is generated, and an output of the stack.
 * @throws UserError if it cannot be found
 */
export async function findTable(StackName: string, region: string): Promise<string> {
  const client = new CloudFormationClient({ region });
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
    const outputs = Stacks?.[0]?.Outputs ?? [];
    const name = outputs.find(({ OutputKey }) => OutputKey === 'RequestsTableName')?.OutputValue;
    if (name !== undefined) return name;
    throw new Error('it has no output RequestsTableName');
  } catch (error) {
    throw new UserError(
      `The table of the stack ${StackName} cannot be found in ${region}: ${(error as Error).message}`,
    );
  } finally {
    client.destroy();
  }
}
