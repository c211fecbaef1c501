import { awsClient, type Options, readParameters, type Serverless } from './serverless.ts';

/**
 * Turns the termination protection of the stack on or off, by the parameter deletionProtection. osls can
 * do this too, but then fails a successful deploy if the call fails: a deployer may lack the permission,
 * and some emulators do not support it.
 */
export async function protectStack(serverless: Serverless, options: Options): Promise<void> {
  const StackName = serverless.getProvider('aws').naming.getStackName();
  const wanted = readParameters(serverless, options)('deletionProtection') === 'true';
  try {
    const client = await awsClient(serverless, 'client-cloudformation', 'CloudFormationClient');
    const { Stacks } = await client.send('DescribeStacks', { StackName });
    const [stack] = (Stacks ?? []) as { EnableTerminationProtection?: boolean }[];
    if ((stack?.EnableTerminationProtection ?? false) === wanted) return;
    await client.send('UpdateTerminationProtection', {
      StackName,
      EnableTerminationProtection: wanted,
    });
  } catch (error) {
    process.stderr.write(
      `Warning: the termination protection of ${StackName} could not be turned ${wanted ? 'on' : 'off'}: ${(error as Error).message.split('\n')[0]}\n`,
    );
  }
}
