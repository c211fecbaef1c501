import { type GivenSettings, givenSettings } from './given-settings.ts';
import {
  functionEnvironments,
  givenParameters,
  type Options,
  type Serverless,
} from './serverless.ts';
import { plainSettings } from './settings.ts';

/** What this deploy is given. */
export function settingsOfThisDeploy(serverless: Serverless, options: Options): GivenSettings {
  return givenSettings({
    variables: deployedVariables(serverless),
    parameters: givenParameters(options),
    environment: process.env,
  });
}

/** The variables of all functions, as they will be deployed. */
export function deployedVariables(serverless: Serverless): Record<string, string> {
  return Object.assign({}, ...Object.values(functionEnvironments(serverless)).map(plainSettings));
}
