import { findRegion } from './find-region.ts';
import { loadSettings } from './load-settings.ts';

export interface StageOptions {
  stage?: string | undefined;
  region?: string | undefined;
  profile?: string | undefined;
}

/**
 * Sets the environment of the process for a stage: its settings files, the AWS profile and the region.
 * Every AWS client of the process uses them.
 * @returns the region
 */
export async function prepareStage({ stage, region, profile }: StageOptions): Promise<string> {
  loadSettings(stage);
  if (profile) process.env.AWS_PROFILE = profile;
  const found = await findRegion(process.env, { region });
  process.env.AWS_REGION = found;
  return found;
}
