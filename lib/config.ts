import * as z from 'zod/mini';
import { createAddressPolicy, DEFAULT_ALLOWED_ADDRESSES } from './domain/allowed-addresses.ts';
import { resolveGenesysHost } from './genesys/api/region.ts';
import { parseWebhookUrl } from './webhook/webhook-url.ts';

/** The environment is invalid. Its message is one line that names the variables, without a stack. */
export class ConfigError extends Error {
  constructor(problems: string[]) {
    super(`Configuration: ${problems.join('; ')}`);
    this.name = 'ConfigError';
    this.stack = this.message;
  }
}

type Environment = Record<string, string | undefined>;

// Kinds of variables. An error is worded to follow the variable's name.

const text = () => z.string({ error: 'is missing' });

const optionalText = () => z.optional(z.string());

const url = () =>
  text().check(
    z.refine((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), {
      error: 'must be an http(s) URL',
    }),
  );

const genesysHost = () => z.pipe(text(), read(resolveGenesysHost));

/** A list of rules that can be read (lib/domain/allowed-addresses.ts). */
const addressRules = () =>
  z._default(
    z.pipe(
      z.string(),
      read((value: string) => {
        createAddressPolicy(value);
        return value;
      }),
    ),
    DEFAULT_ALLOWED_ADDRESSES,
  );

interface Range {
  default: number;
  min: number;
  max: number;
}

const number = ({ default: byDefault, min, max }: Range, error = 'must be a number') =>
  z._default(
    z.coerce
      .number({ error })
      .check(
        z.minimum(min, { error: `must be at least ${min}` }),
        z.maximum(max, { error: `must be at most ${max}` }),
      ),
    byDefault,
  );

const wholeNumber = (range: Range) => {
  const error = 'must be a whole number';
  return number(range, error).check(z.refine((value) => Number.isInteger(value), { error }));
};

const flag = (byDefault: boolean) =>
  z._default(
    z.pipe(
      z.enum(['true', 'false'], { error: 'must be true or false' }),
      z.transform((value: 'true' | 'false') => value === 'true'),
    ),
    byDefault,
  );

/** Separated by commas. */
const list = (byDefault: readonly string[]) =>
  z._default(
    z.pipe(
      z.string(),
      read((value: string) =>
        value
          .split(',')
          .map((entry) => entry.trim())
          .filter((entry) => entry !== ''),
      ),
    ),
    [...byDefault],
  );

/** Parses the text with a function. What it throws is the error of the variable. */
function read<Value>(reader: (value: string) => Value) {
  return z.transform((value: string, ctx): Value => {
    try {
      return reader(value);
    } catch (error) {
      const { message } = error as Error;
      ctx.issues.push({ code: 'custom', message, input: value });
      return z.NEVER;
    }
  });
}

// The variables of each function. Schemas are created by functions, so that a bundle contains only its own
// variables.

/** Of every function that works with request records. */
const records = () => ({
  REQUESTS_TABLE_NAME: text(),
  RECORD_RETENTION_DAYS: wholeNumber({ default: 30, min: 21, max: 3_650 }),
});

/** Of every function that calls Genesys Cloud. */
const genesys = () => ({
  GENESYS_ENV: genesysHost(),
  GENESYS_CREDENTIALS_SECRET_ID: text(),
  GENESYS_TOKEN_SECRET_ID: text(),
  GENESYS_REQUESTS_PER_SECOND: number({ default: 5, min: 0.1, max: 1_000 }),
});

/** Of every function that watches connections or schedules their watch. */
const watching = () => ({
  WATCH_CONNECTIONS: flag(true),
  /** Absent: watches are left to the reconciler. */
  WATCH_QUEUE_URL: z.optional(url()),
});

/** Of every function that lets callers wait for a result. */
const waiting = () => ({
  /** How many requests may wait for a result at once (`Prefer: wait`), over all instances. */
  MAX_WAITING_REQUESTS: wholeNumber({ default: 20, min: 0, max: 1_000 }),
});

const intakeConfig = () =>
  z.object({
    ...records(),
    REQUEST_QUEUE_URL: url(),
    ALLOWED_ADDRESSES: addressRules(),
    /** 0: no quota. */
    CALLER_REQUESTS_PER_MINUTE: wholeNumber({ default: 0, min: 0, max: 1_000_000 }),
    ...waiting(),
  });

const adderConfig = () =>
  z.object({
    ...records(),
    ...genesys(),
    MAX_PARTICIPANTS: wholeNumber({ default: 20, min: 1, max: 1_000 }),
    REQUEST_QUEUE_URL: url(),
    REQUEST_DLQ_URL: url(),
    AUDIT_QUEUE_URL: url(),
    /** The request queue's maxReceiveCount. */
    REQUEST_MAX_RECEIVES: wholeNumber({ default: 1_000, min: 2, max: 1_000 }),
    ALLOWED_ADDRESSES: addressRules(),
    ...watching(),
  });

const relayConfig = () =>
  z
    .object({
      ...records(),
      AUDIT_QUEUE_URL: url(),
      AUDIT_DLQ_URL: url(),
      EXTERNAL_WEBHOOK_URL: optionalText(),
      WEBHOOK_SIGNING_SECRET_ID: optionalText(),
      WEBHOOK_ALLOW_PRIVATE: flag(false),
      WEBHOOK_ALLOW_UNSIGNED: flag(false),
    })
    .check(checkWebhookUrl());

const checkWebhookUrl = () =>
  z.check<{
    EXTERNAL_WEBHOOK_URL?: string | undefined;
    WEBHOOK_ALLOW_PRIVATE: boolean;
  }>(({ value, issues }) => {
    const { EXTERNAL_WEBHOOK_URL: url, WEBHOOK_ALLOW_PRIVATE: allowPrivate } = value;
    try {
      if (url !== undefined) parseWebhookUrl(url, allowPrivate);
    } catch (error) {
      const { message } = error as Error;
      issues.push({ code: 'custom', path: ['EXTERNAL_WEBHOOK_URL'], message, input: url });
    }
  });

const requestsConfig = () =>
  z.object({
    ...records(),
    AUDIT_QUEUE_URL: url(),
    /** Role ARNs or token subjects; `*` is everyone. */
    READ_ALL_CALLERS: list(['*']),
    ...waiting(),
  });

const followUpConfig = () =>
  z.object({
    ...records(),
    ...genesys(),
    AUDIT_QUEUE_URL: url(),
    ...watching(),
  });

export type IntakeConfig = z.output<ReturnType<typeof intakeConfig>>;
export type AdderConfig = z.output<ReturnType<typeof adderConfig>>;
export type RelayConfig = z.output<ReturnType<typeof relayConfig>>;
export type RequestsConfig = z.output<ReturnType<typeof requestsConfig>>;
export type FollowUpConfig = z.output<ReturnType<typeof followUpConfig>>;

function parse<Schema extends z.ZodMiniType>(
  schema: Schema,
  environment: Environment,
): z.output<Schema> {
  // An empty variable counts as not set.
  const set = Object.entries(environment).filter(([, value]) => value !== '');
  const parsed = schema.safeParse(Object.fromEntries(set));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new ConfigError(problems);
}

/** Reads intake's configuration. @throws ConfigError */
export const readIntakeConfig = (environment: Environment): IntakeConfig =>
  parse(intakeConfig(), environment);

/** Reads the adder's configuration. @throws ConfigError */
export const readAdderConfig = (environment: Environment): AdderConfig =>
  parse(adderConfig(), environment);

/** Reads the relay's configuration. @throws ConfigError */
export const readRelayConfig = (environment: Environment): RelayConfig =>
  parse(relayConfig(), environment);

/** Reads the configuration of `requests`. @throws ConfigError */
export const readRequestsConfig = (environment: Environment): RequestsConfig =>
  parse(requestsConfig(), environment);

/** Reads the configuration of `follow-up`. @throws ConfigError */
export const readFollowUpConfig = (environment: Environment): FollowUpConfig =>
  parse(followUpConfig(), environment);
