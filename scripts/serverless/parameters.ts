import { z } from 'zod';

/** A retention time of CloudWatch Logs. */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

const ARN = 'arn:aws[a-z-]*';

const empty = z.literal('');
const flag = z.enum(['true', 'false'], 'must be true or false');
const wholeNumber = (max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .refine((text) => Number(text) >= 1 && Number(text) <= max, `must be between 1 and ${max}`);
const matching = (pattern: RegExp, message: string) => z.string().regex(pattern, message);
const optional = (pattern: RegExp, message: string) => empty.or(matching(pattern, message));

/** A list of values, separated by commas, each of which matches. */
const list = (item: RegExp, message: string) =>
  z.string().refine((text) => splitList(text).every((one) => item.test(one)), message);

/** What each deployment parameter accepts. serverless.yml has the defaults, docs/deploy.md the meaning. */
const rules: Record<string, z.ZodType> = {
  logLevel: z.enum(
    ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'SILENT', 'CRITICAL'],
    'must be TRACE, DEBUG, INFO, WARN, ERROR, CRITICAL or SILENT',
  ),
  logRetentionDays: z
    .string()
    .refine(
      (text) => LOG_RETENTION_DAYS.includes(Number(text)),
      `must be one of ${LOG_RETENTION_DAYS.join(', ')}`,
    ),
  apiRateLimit: wholeNumber(10_000),
  apiBurstLimit: wholeNumber(5_000),
  jwtIssuer: optional(/^https:\/\/[^\s?#]+$/, 'must be an https URL'),
  jwtAudience: z.string(),
  jwtAddScopes: list(/^[\x21-\x7e]+$/, 'must be scopes, separated by commas'),
  jwtReadScopes: list(/^[\x21-\x7e]+$/, 'must be scopes, separated by commas'),
  jwtCancelScopes: list(/^[\x21-\x7e]+$/, 'must be scopes, separated by commas'),
  customDomain: optional(
    /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    'must be a host name in lower case',
  ),
  certificateArn: optional(
    new RegExp(`^${ARN}:acm:[a-z0-9-]+:\\d{12}:certificate/.+$`),
    'must be the ARN of a certificate of AWS Certificate Manager',
  ),
  accessLogPrefix: matching(
    /^\/[\w./-]{0,150}\/$/,
    'must begin and end with a slash, such as /aws/vendedlogs/http-api/',
  ),
  alarms: flag,
  alarmEmail: optional(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address'),
  alarmTopicArns: list(
    new RegExp(`^${ARN}:sns:[a-z0-9-]+:\\d{12}:[\\w-]+$`),
    'must be ARNs of SNS topics, separated by commas',
  ),
  permissionsBoundary: optional(
    new RegExp(`^${ARN}:iam::(\\d{12}|aws):policy/.+$`),
    'must be the ARN of an IAM policy',
  ),
  rolePath: matching(
    /^\/([\x21-\x2e\x30-\x7e]+\/)*$/,
    'must begin and end with a slash, such as /service-roles/',
  ),
  kmsKeyArn: optional(
    new RegExp(`^${ARN}:kms:[a-z0-9-]+:\\d{12}:key/[\\w-]+$`),
    'must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID), not of an alias',
  ),
  senderAccounts: list(/^\d{12}$/, 'must be account ids of 12 digits, separated by commas'),
  operatorRoleArns: list(
    new RegExp(`^${ARN}:(iam|sts)::\\d{12}:[\\w+=,.@/*-]+$`),
    'must be ARNs of IAM roles or users, separated by commas',
  ),
  genesysOrganizationId: optional(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    'must be the id of a Genesys Cloud organization, a UUID in lower case',
  ),
  eventSource: optional(
    /^(?!aws\.)[\w./@-]{1,256}$/,
    'must be the source of events, such as com.example.crm',
  ),
  eventBus: matching(
    new RegExp(`^([\\w./-]{1,256}|${ARN}:events:[a-z0-9-]+:\\d{12}:event-bus/[\\w./-]{1,256})$`),
    'must be the name or the ARN of an EventBridge bus',
  ),
  // S3 allows a default retention of a hundred years.
  auditTrailRetentionDays: empty.or(wholeNumber(36_500)),
  auditTrailMode: z.enum(['GOVERNANCE', 'COMPLIANCE'], 'must be GOVERNANCE or COMPLIANCE'),
  deletionProtection: flag,
  allowLoopback: flag,
  withoutWebhook: flag,
  discardMessages: flag,
  allowReset: flag,
};

/** The names of all parameters that have a rule. */
export const parameterNames = Object.keys(rules);

/** The values of a parameter that is a list, separated by commas. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
}

/** Parameters that must be set together. */
const combinations: [(values: Record<string, string>) => boolean, string][] = [
  [
    ({ jwtIssuer, jwtAudience }) => Boolean(jwtIssuer) !== Boolean(jwtAudience),
    'jwtIssuer and jwtAudience belong together: set both, or neither to use IAM',
  ],
  [
    ({ jwtIssuer, jwtAddScopes, jwtReadScopes, jwtCancelScopes }) =>
      !jwtIssuer && Boolean(jwtAddScopes || jwtReadScopes || jwtCancelScopes),
    'jwtAddScopes, jwtReadScopes and jwtCancelScopes need jwtIssuer and jwtAudience',
  ],
  [
    ({ customDomain, certificateArn }) => Boolean(customDomain) !== Boolean(certificateArn),
    'customDomain and certificateArn belong together: set both, or neither',
  ],
  [
    ({ alarmEmail, alarmTopicArns }) => Boolean(alarmEmail && alarmTopicArns),
    'alarmEmail subscribes to the topic of the stack, which alarmTopicArns replaces: give one of them',
  ],
];

/**
 * Problems with the parameters of a deploy, one line each.
 * @param given by name, from `--param`
 * @param defaults by name, from serverless.yml for the stage
 */
export function checkParameters(
  given: Record<string, string>,
  defaults: Record<string, unknown>,
): string[] {
  const names = Object.keys(defaults);
  const unknown = Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => {
      const near = nearest(name, names);
      return `--param ${name}: there is no such parameter${near ? `; did you mean ${near}?` : ''}`;
    });
  const values: Record<string, string> = {};
  for (const name of names) values[name] = String(given[name] ?? defaults[name]);
  const invalid = Object.entries(values).flatMap(([name, value]) => {
    const problem = rules[name]?.safeParse(value).error?.issues[0];
    return problem ? [`${name} ${problemText(problem)}, not "${value}"`] : [];
  });
  const contradictions = combinations
    .filter(([isWrong]) => isWrong(values))
    .map(([, line]) => line);
  return [...unknown, ...invalid, ...contradictions];
}

/** The last branch of a union describes the expected value. */
function problemText(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union') return issue.message;
  return issue.errors.at(-1)?.[0]?.message ?? issue.message;
}

/** The most similar name. */
function nearest(name: string, names: string[]): string | undefined {
  const wanted = name.toLowerCase();
  const prefix = names.find((one) => {
    const other = one.toLowerCase();
    return other.startsWith(wanted) || wanted.startsWith(other);
  });
  if (prefix) return prefix;
  const [best] = names
    .map((one) => ({ one, distance: editDistance(wanted, one.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= 3 ? best.one : undefined;
}

/** The Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...b].entries()) {
      current.push(
        Math.min(
          (previous[column + 1] ?? 0) + 1,
          (current[column] ?? 0) + 1,
          (previous[column] ?? 0) + (letter === other ? 0 : 1),
        ),
      );
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
