import * as configuration from '../../lib/config.ts';
import { resolveGenesysHost } from '../../lib/genesys/api/region.ts';

type Environment = Record<string, unknown>;

/** Value for a CloudFormation reference while there is no stack. */
const REFERENCE = 'https://sqs.us-east-1.amazonaws.com/111111111111/reference';

/** The settings of one function that are plain values: references to resources are left out. */
export function plainSettings(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(([name, value]) => [name, String(value)]),
  );
}

/**
 * Configuration errors that the functions would report at start.
 * @param environments the environment of each function, by its name in serverless.yml
 */
export function checkConfiguration(environments: Record<string, Environment>): string[] {
  const problems = new Set<string>();
  for (const [name, environment] of Object.entries(environments)) {
    const read = readerOf(name);
    if (!read) {
      problems.add(`lib/config.ts has no reader for the function ${name}`);
      continue;
    }
    const references = Object.keys(environment).map((key) => [key, REFERENCE]);
    try {
      read({ ...Object.fromEntries(references), ...plainSettings(environment) });
    } catch (error) {
      for (const line of (error as Error).message
        .replace(/^Configuration: /, '')
        .split(/; (?=[A-Z][A-Z_]+ )/)) {
        problems.add(line);
      }
    }
  }
  return [...problems];
}

/** `follow-up` is read by `readFollowUpConfig`. */
function readerOf(name: string): ((environment: Record<string, string>) => unknown) | undefined {
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const readers: Record<string, unknown> = { ...configuration };
  return readers[`read${words.join('')}Config`] as ReturnType<typeof readerOf>;
}

/**
 * Checks a stage other than dev: required variables must be set, so that no default replaces them, and
 * developers' settings are refused.
 * @param environment of the deploy
 */
export function checkStageSettings(options: {
  stage: string;
  environment: Record<string, string | undefined>;
  allowLoopback: boolean;
  withoutWebhook: boolean;
}): string[] {
  const { stage, environment, allowLoopback, withoutWebhook } = options;
  if (stage === 'dev') return [];
  const { GENESYS_ENV, EXTERNAL_WEBHOOK_URL } = environment;
  const where = `set it in the environment or in .env.${stage}`;
  const problems: string[] = [];
  if (!GENESYS_ENV) problems.push(`GENESYS_ENV must be given for stage ${stage}: ${where}`);
  if (!EXTERNAL_WEBHOOK_URL && !withoutWebhook) {
    problems.push(
      `EXTERNAL_WEBHOOK_URL must be given for stage ${stage}: ${where}, or deploy with --param="withoutWebhook=true"`,
    );
  }
  if (allowLoopback) return problems;
  for (const [name, url] of [
    ['GENESYS_ENV', genesysUrl(GENESYS_ENV)],
    ['EXTERNAL_WEBHOOK_URL', EXTERNAL_WEBHOOK_URL],
  ] as const) {
    if (isLoopback(url)) {
      problems.push(
        `${name} leads to the function's own machine (${url}), which has nothing to find there; --param="allowLoopback=true" for an emulator`,
      );
    }
  }
  return problems;
}

function genesysUrl(value: string | undefined): string | undefined {
  try {
    return value ? resolveGenesysHost(value).tokenUrl : undefined;
  } catch {
    // checkConfiguration reports the error.
    return undefined;
  }
}

function isLoopback(url: string | undefined): boolean {
  const host = (url && URL.parse(url)?.hostname) || '';
  return /^(localhost|.*\.localhost|127\..*|\[::1\]|0\.0\.0\.0|\[::\])$/.test(host);
}
