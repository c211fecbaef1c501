import type { Template } from '../../local/package-service.ts';

/** A call as IAM sees it. */
export interface AwsCall {
  action: string;
  /** A logical id of the template, or an ARN. */
  resource: string;
  /** Condition keys of the call. Keys with several values are a list. */
  context?: Record<string, string | string[]>;
}

interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, string | string[]>>;
}

/**
 * IAM's decision on a call by a role of the template. Supports what the roles use: identity policies,
 * wildcards and the operators below. Anything else is an error, so that no unsupported statement is
 * ignored.
 */
export function isAllowed(template: Template, role: string, call: AwsCall): boolean {
  const statements = statementsOf(template, role);
  const matching = statements.filter((statement) => matches(statement, call));
  return (
    matching.some(({ Effect }) => Effect === 'Allow') &&
    !matching.some(({ Effect }) => Effect === 'Deny')
  );
}

function statementsOf(template: Template, role: string): Statement[] {
  const properties = template.Resources[role]?.Properties;
  if (!properties) throw new Error(`The template has no ${role}`);
  if (properties.ManagedPolicyArns) throw new Error(`${role}: managed policies are not known here`);
  return properties.Policies.flatMap(
    (policy: { PolicyDocument: { Statement: Statement[] } }) => policy.PolicyDocument.Statement,
  );
}

function matches(statement: Statement, call: AwsCall): boolean {
  const known = new Set(['Sid', 'Effect', 'Action', 'Resource', 'Condition']);
  for (const element of Object.keys(statement)) {
    if (!known.has(element)) throw new Error(`${element} is not known here`);
  }
  return (
    asArray(statement.Action).some((pattern) => like(pattern, call.action)) &&
    asArray(statement.Resource).some((pattern) => like(arnOf(pattern), arnOf(call.resource))) &&
    Object.entries(statement.Condition ?? {}).every(([operator, tests]) => {
      const holds = operators[operator];
      if (!holds) throw new Error(`${operator} is not known here`);
      return Object.entries(tests).every(([key, wanted]) => {
        const given = call.context?.[key];
        return holds(given === undefined ? undefined : asArray(given), asArray(wanted));
      });
    })
  );
}

/** @param given values of the call's key, `undefined` if the call does not have it */
type Operator = (given: string[] | undefined, wanted: string[]) => boolean;

const operators: Record<string, Operator> = {
  StringEquals: (given = [], wanted) => given.some((one) => wanted.includes(one)),
  StringEqualsIfExists: (given, wanted) =>
    given === undefined || given.some((one) => wanted.includes(one)),
  'ForAllValues:StringEquals': (given = [], wanted) => given.every((one) => wanted.includes(one)),
  'ForAllValues:StringLike': (given = [], wanted) =>
    given.every((one) => wanted.some((pattern) => like(pattern, one))),
  Null: (given, [isMissing]) => String(given === undefined) === isMissing,
};

/** A Ref and a GetAtt Arn of a resource give the same name here. */
function arnOf(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  const {
    Ref,
    'Fn::GetAtt': attribute,
    'Fn::Sub': text,
  } = reference as { Ref?: string; 'Fn::GetAtt'?: [string, string]; 'Fn::Sub'?: string };
  if (text) return text.replace(/\$\{(\w+)\.Arn\}/g, '$1');
  if (Ref) return Ref;
  if (attribute?.[1] === 'Arn') return attribute[0];
  throw new Error(`${JSON.stringify(reference)} is not known here`);
}

function like(pattern: string, value: string): boolean {
  const expression = pattern
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${expression}$`, 'i').test(value);
}

const asArray = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
