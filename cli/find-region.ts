import { CloudFormationClient } from '@aws-sdk/client-cloudformation';

const DEFAULT_REGION = 'us-east-1';

/**
 * The AWS region of a command: the one that is named, else AWS_REGION, else AWS_DEFAULT_REGION (which
 * the AWS CLI reads and the JavaScript SDK does not), else the profile's, else us-east-1.
 */
export async function findRegion(
  environment: Record<string, string | undefined>,
  options: { region?: string | undefined; profile?: string | undefined } = {},
): Promise<string> {
  const named = options.region || environment.AWS_REGION || environment.AWS_DEFAULT_REGION;
  if (named) return named;
  const profile = options.profile || environment.AWS_PROFILE;
  const client = new CloudFormationClient(profile ? { profile } : {});
  try {
    return await client.config.region();
  } catch {
    // Neither the environment nor the profile names one.
    return DEFAULT_REGION;
  } finally {
    client.destroy();
  }
}
