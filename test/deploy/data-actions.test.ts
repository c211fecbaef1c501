import { beforeAll, expect, test } from '@jest/globals';
import { packageService, type Template } from '../../local/package-service.ts';
import { isAllowed } from '../support/iam-simulator.ts';

const ORGANIZATION = '0a1b2c3d-0000-4000-8000-000000000001';
const ALIASES = ['IntakeDataActionAlias', 'RequestsDataActionAlias'];

let plain: Template;
let template: Template;
beforeAll(async () => {
  ({ template: plain } = await packageService());
  ({ template } = await packageService({ params: { genesysOrganizationId: ORGANIZATION } }));
}, 120_000);

const properties = (logicalId: string) => template.Resources[logicalId]?.Properties ?? {};
const mayInvoke = (resource: string) =>
  isAllowed(template, 'DataActionRole', { action: 'lambda:InvokeFunction', resource });

test('Genesys Cloud has no way in unless genesysOrganizationId is given', () => {
  const added = Object.keys(template.Resources).filter((id) => !(id in plain.Resources));
  expect(added.sort()).toEqual(['DataActionRole', ...ALIASES].sort());
  expect(plain.Outputs).not.toHaveProperty('DataActionRoleArn');
});

test.each([
  ['IntakeDataActionAlias', 'IntakeLambdaFunction'],
  ['RequestsDataActionAlias', 'RequestsLambdaFunction'],
])('%s is the alias data-action of what is deployed last', (alias, Ref) => {
  expect(template.Resources[alias]?.Type).toBe('AWS::Lambda::Alias');
  expect(properties(alias)).toMatchObject({
    Name: 'data-action',
    FunctionName: { Ref },
    FunctionVersion: '$LATEST',
  });
});

test('only the vendor’s account may assume the role, and only for this organization', () => {
  expect(properties('DataActionRole').AssumeRolePolicyDocument.Statement).toEqual([
    {
      Effect: 'Allow',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation replaces it
      Principal: { AWS: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::765628985471:root' } },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': ORGANIZATION } },
    },
  ]);
});

test('the role may invoke the two aliases and nothing else', () => {
  const [policy] = properties('DataActionRole').Policies;
  expect(policy.PolicyDocument.Statement).toEqual([
    {
      Sid: 'InvokeTheAliases',
      Effect: 'Allow',
      Action: 'lambda:InvokeFunction',
      Resource: ALIASES.map((Ref) => ({ Ref })),
    },
  ]);
  expect(ALIASES.map(mayInvoke)).toEqual([true, true]);
  const functions = Object.keys(template.Resources).filter((id) => id.endsWith('LambdaFunction'));
  expect(functions.filter(mayInvoke)).toEqual([]);
});

test('the outputs are what is entered in Genesys Cloud', () => {
  expect(template.Outputs).toMatchObject({
    DataActionRoleArn: { Value: { 'Fn::GetAtt': ['DataActionRole', 'Arn'] } },
    AddParticipantsDataActionArn: { Value: { Ref: 'IntakeDataActionAlias' } },
    GetRequestDataActionArn: { Value: { Ref: 'RequestsDataActionAlias' } },
  });
});
