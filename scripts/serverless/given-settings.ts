/** Settings that a deploy was given, as opposed to defaults. Kept in the stack's template. */
export interface GivenSettings {
  /** Variables of the functions, from the environment or a settings file. */
  variables: Record<string, string>;
  /** Parameters, from `--param` or from the variable that is their default. */
  parameters: Record<string, string>;
}

/** Key in the `Metadata` of the template. */
export const METADATA_KEY = 'GivenSettings';

/** Variables that are the default of a parameter in serverless.yml. */
const VARIABLE_OF_PARAMETER: Record<string, string> = {
  jwtIssuer: 'JWT_ISSUER',
  jwtAudience: 'JWT_AUDIENCE',
  alarmEmail: 'ALARM_EMAIL',
};

/** Those of one command. Protection is absent here because its default is the safe value. */
const PARAMETERS_OF_A_COMMAND = [
  'allowLoopback',
  'withoutWebhook',
  'discardMessages',
  'allowReset',
  'deletionProtection',
];

/**
 * @param options.variables of the functions, as they will be deployed
 * @param options.parameters from `--param`
 */
export function givenSettings(options: {
  variables: Record<string, string>;
  parameters: Record<string, string>;
  environment: Record<string, string | undefined>;
}): GivenSettings {
  const { environment } = options;
  const isOfCommand = ([name]: [string, string]) => PARAMETERS_OF_A_COMMAND.includes(name);
  const fromVariables = Object.entries(VARIABLE_OF_PARAMETER).flatMap(([name, variable]) => {
    const value = environment[variable];
    return value ? [[name, value]] : [];
  });
  return {
    variables: Object.fromEntries(
      Object.entries(options.variables).filter(([name, value]) => environment[name] === value),
    ),
    parameters: {
      ...Object.fromEntries(fromVariables),
      ...Object.fromEntries(Object.entries(options.parameters).filter((one) => !isOfCommand(one))),
    },
  };
}
