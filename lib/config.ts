import { type GenesysHost, resolveGenesysHost } from './genesys/api/region.ts';
import { parseWebhookUrl } from './webhook/webhook-url.ts';

/** The environment is wrong. One line that names the variable, and no stack to bury it. */
export class ConfigError extends Error {
  constructor(problems: string[]) {
    super(`Configuration: ${problems.join('; ')}`);
    this.name = 'ConfigError';
    this.stack = this.message;
  }
}

type Environment = Record<string, string | undefined>;

/** Reads the value of one variable. Throws what is wrong with it, as it follows the variable's name. */
type Reader<Value> = (value: string | undefined) => Value;
type Readers = Record<string, Reader<unknown>>;
type ConfigOf<Wanted extends Readers> = {
  [Name in keyof Wanted]: ReturnType<Wanted[Name]>;
};

const text: Reader<string> = (value) => {
  if (value === undefined) throw new Error('is missing');
  return value;
};

const optionalText: Reader<string | undefined> = (value) => value;

const url: Reader<string> = (value) => {
  const given = text(value);
  if (!/^https?:$/.test(URL.parse(given)?.protocol ?? '')) {
    throw new Error('must be an http(s) URL');
  }
  return given;
};

const genesysHost: Reader<GenesysHost> = (value) => resolveGenesysHost(text(value));

const number =
  (range: { default: number; min: number; max: number; whole: boolean }): Reader<number> =>
  (value) => {
    if (value === undefined) return range.default;
    const given = Number(value);
    if (range.whole && !Number.isInteger(given)) throw new Error('must be a whole number');
    if (!Number.isFinite(given)) throw new Error('must be a number');
    if (given < range.min) throw new Error(`must be at least ${range.min}`);
    if (given > range.max) throw new Error(`must be at most ${range.max}`);
    return given;
  };

const flag: Reader<boolean> = (value = 'false') => {
  if (value !== 'true' && value !== 'false') throw new Error('must be true or false');
  return value === 'true';
};

// Functions, so that each Lambda's bundle has its own variables and not those of the other two.
const intakeReaders = () => ({ REQUEST_QUEUE_URL: url });

const adderReaders = () => ({
  GENESYS_ENV: genesysHost,
  GENESYS_CREDENTIALS_SECRET_ID: text,
  GENESYS_TOKEN_SECRET_ID: text,
  GENESYS_REQUESTS_PER_SECOND: number({ default: 5, min: 0.1, max: 1_000, whole: false }),
  MAX_PARTICIPANTS: number({ default: 20, min: 1, max: 1_000, whole: true }),
  REQUEST_QUEUE_URL: url,
  REQUEST_DLQ_URL: url,
  AUDIT_QUEUE_URL: url,
  /** Instances that share the rate budget: the event source's MaximumConcurrency. */
  ADDER_MAX_CONCURRENCY: number({ default: 2, min: 1, max: 1_000, whole: true }),
  /** The request queue's maxReceiveCount. */
  REQUEST_MAX_RECEIVES: number({ default: 1_000, min: 2, max: 1_000, whole: true }),
});

const relayReaders = () => ({
  AUDIT_QUEUE_URL: url,
  AUDIT_DLQ_URL: url,
  EXTERNAL_WEBHOOK_URL: optionalText,
  WEBHOOK_SIGNING_SECRET_ID: optionalText,
  WEBHOOK_ALLOW_PRIVATE: flag,
});

export type IntakeConfig = ConfigOf<ReturnType<typeof intakeReaders>>;
export type AdderConfig = ConfigOf<ReturnType<typeof adderReaders>>;
export type RelayConfig = ConfigOf<ReturnType<typeof relayReaders>>;

function read<Wanted extends Readers>(readers: Wanted, environment: Environment): ConfigOf<Wanted> {
  const config: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, reader] of Object.entries(readers)) {
    try {
      // A variable that a template left empty is a variable that is not set.
      config[name] = reader(environment[name] || undefined);
    } catch (error) {
      problems.push(`${name} ${(error as Error).message}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config as ConfigOf<Wanted>;
}

/** Reads intake's configuration. @throws ConfigError */
export const readIntakeConfig = (environment: Environment): IntakeConfig =>
  read(intakeReaders(), environment);

/** Reads the adder's configuration. @throws ConfigError */
export const readAdderConfig = (environment: Environment): AdderConfig =>
  read(adderReaders(), environment);

/** Reads the relay's configuration. @throws ConfigError */
export function readRelayConfig(environment: Environment): RelayConfig {
  const config = read(relayReaders(), environment);
  if (config.EXTERNAL_WEBHOOK_URL !== undefined) {
    try {
      parseWebhookUrl(config.EXTERNAL_WEBHOOK_URL, config.WEBHOOK_ALLOW_PRIVATE);
    } catch (error) {
      throw new ConfigError([`EXTERNAL_WEBHOOK_URL ${(error as Error).message}`]);
    }
  }
  return config;
}
