import * as z from 'zod/mini';
import { type GenesysHost, resolveGenesysHost } from './genesys/region.ts';
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

const url = () =>
  z.string({ error: 'is missing' }).check(
    z.refine((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), {
      error: 'must be an http(s) URL',
    }),
  );
const text = () => z.string({ error: 'is missing' });
const number = (fallback: number, min: number, max: number, whole: boolean) =>
  z._default(
    z.pipe(
      z.pipe(
        z.string(),
        z.transform((value: string) => Number(value)),
      ),
      (whole
        ? z.int({ error: 'must be a whole number' })
        : z.number({ error: 'must be a number' })
      ).check(
        z.minimum(min, { error: `must be at least ${min}` }),
        z.maximum(max, { error: `must be at most ${max}` }),
      ),
    ),
    fallback as never,
  );

const genesysHost = () =>
  z.pipe(
    text(),
    z.transform((value: string, ctx): GenesysHost => {
      try {
        return resolveGenesysHost(value);
      } catch (error) {
        ctx.issues.push({ code: 'custom', input: value, message: (error as Error).message });
        return z.NEVER;
      }
    }),
  );

// Functions, so that each Lambda's bundle has its own schema and not those of the other two.
const intakeSchema = () => z.object({ REQUEST_QUEUE_URL: url() });

const adderSchema = () =>
  z.object({
    GENESYS_ENV: genesysHost(),
    GENESYS_CREDENTIALS_SECRET_ID: text(),
    GENESYS_TOKEN_SECRET_ID: text(),
    GENESYS_REQUESTS_PER_SECOND: number(5, 0.1, 1_000, false),
    MAX_PARTICIPANTS: number(20, 1, 1_000, true),
    REQUEST_QUEUE_URL: url(),
    REQUEST_DLQ_URL: url(),
    AUDIT_QUEUE_URL: url(),
    /** Instances that share the rate budget: the event source's MaximumConcurrency. */
    ADDER_MAX_CONCURRENCY: number(2, 1, 1_000, true),
    /** The request queue's maxReceiveCount. */
    REQUEST_MAX_RECEIVES: number(1_000, 2, 1_000, true),
  });

const relaySchema = () =>
  z.object({
    AUDIT_QUEUE_URL: url(),
    AUDIT_DLQ_URL: url(),
    EXTERNAL_WEBHOOK_URL: z.optional(z.string()),
    WEBHOOK_SIGNING_SECRET_ID: z.optional(z.string()),
    WEBHOOK_ALLOW_PRIVATE: z._default(
      z.enum(['true', 'false'], { error: 'must be true or false' }),
      'false',
    ),
  });

export type IntakeConfig = z.output<ReturnType<typeof intakeSchema>>;
export type AdderConfig = z.output<ReturnType<typeof adderSchema>>;
export type RelayConfig = z.output<ReturnType<typeof relaySchema>>;

function read<Schema extends z.ZodMiniType>(
  schema: Schema,
  environment: Environment,
): z.output<Schema> {
  // A variable that a template left empty is a variable that is not set.
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(set);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`),
  );
}

/** Reads intake's configuration. @throws ConfigError */
export const readIntakeConfig = (environment: Environment): IntakeConfig =>
  read(intakeSchema(), environment);

/** Reads the adder's configuration. @throws ConfigError */
export const readAdderConfig = (environment: Environment): AdderConfig =>
  read(adderSchema(), environment);

/** Reads the relay's configuration. @throws ConfigError */
export function readRelayConfig(environment: Environment): RelayConfig {
  const config = read(relaySchema(), environment);
  if (config.EXTERNAL_WEBHOOK_URL !== undefined) {
    try {
      parseWebhookUrl(config.EXTERNAL_WEBHOOK_URL, config.WEBHOOK_ALLOW_PRIVATE === 'true');
    } catch (error) {
      throw new ConfigError([`EXTERNAL_WEBHOOK_URL ${(error as Error).message}`]);
    }
  }
  return config;
}
