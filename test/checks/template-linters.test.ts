import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { packageService } from '../../local/package-service.ts';
import { everyParameter } from '../support/every-parameter.ts';
import { describeWithChecks, runCheck } from './run-check.ts';

/** The two shapes that the template has: as it comes, and with all that can be asked for. */
const packagings = {
  'by default': {},
  'for production, with a JWT authorizer and an e-mail address': {
    stage: 'prod',
    env: {
      JWT_ISSUER: 'https://issuer.example/',
      JWT_AUDIENCE: 'adder',
      ALARM_EMAIL: 'on-call@example.com',
      EXTERNAL_WEBHOOK_URL: 'https://receiver.example/hook',
    },
  },
  'without alarms': { params: { alarms: 'false' } },
  'with the data actions and EventBridge': {
    params: {
      genesysOrganizationId: '0a1b2c3d-0000-4000-8000-000000000001',
      eventSource: 'com.example.crm',
    },
  },
};

/** What cdk-nag asks for and does not get, and why. */
const acknowledged: { resource: string; id: string; reason: string }[] = [
  {
    resource: 'ServerlessDeploymentBucket',
    id: 'AwsSolutions-S1',
    reason:
      'It holds the deployed zips and the template, is written by deploys alone, and CloudTrail has those. A log of its reads would need a second bucket, which would outlive the stack.',
  },
  ...['IntakeRole', 'AdderRole', 'RelayRole', 'RequestsRole', 'FollowUpRole'].map((resource) => ({
    resource,
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'xray:PutTraceSegments and xray:PutTelemetryRecords cannot be limited to resources.',
  })),
  {
    resource: 'GenesysCredentialsSecret',
    id: 'AwsSolutions-SMG4',
    reason:
      'Genesys Cloud makes the client secret; AWS cannot rotate it. docs/operate.md says how a person does.',
  },
  {
    resource: 'GenesysTokenSecret',
    id: 'AwsSolutions-SMG4',
    reason: 'The adder replaces the token whenever it runs out, at the latest every 48 hours.',
  },
  {
    resource: 'WebhookSigningSecret',
    id: 'AwsSolutions-SMG4',
    reason:
      'A new key has to be given to the receiver before the old one goes; only people can know when. docs/operate.md says how.',
  },
];

for (const [name, packaging] of Object.entries(packagings)) {
  describeWithChecks(`the template packaged ${name}`, () => {
    let templateFile: string;
    beforeAll(async () => {
      ({ templateFile } = await packageService(packaging));
    });

    test('passes @aws/cloudformation-validate, warnings included', async () => {
      expect(await runCheck('validate-template.mjs', [templateFile])).toEqual({
        status: 'OK',
        diagnostics: [],
      });
    });

    test('has no findings of cdk-nag’s AwsSolutions but those acknowledged with a reason', async () => {
      const findings = (await runCheck('cdk-nag-findings.mjs', [templateFile])) as string[];
      expect(findings.sort()).toEqual(
        acknowledged.map(({ resource, id }) => `${resource} ${id}`).sort(),
      );
    });
  });
}

test('each acknowledged finding has a row in docs/security.md', async () => {
  const page = await readFile(new URL('../../docs/security.md', import.meta.url), 'utf8');
  for (const { id } of acknowledged) {
    expect(page).toContain(`| cdk-nag | \`${id.replace(/\[.*/, '')}\` |`);
  }
});

/** The reasons are in docs/security.md. */
const ofTheAuditTrail = [
  { resource: 'AuditTrailBucket', id: 'AwsSolutions-S1' },
  { resource: 'AuditTrailStagingBucket', id: 'AwsSolutions-S1' },
  {
    resource: 'AuditTrailReplicationRole',
    id: 'AwsSolutions-IAM5[Resource::<AuditTrailBucket.Arn>/*]',
  },
  {
    resource: 'AuditTrailFirehoseRole',
    id: 'AwsSolutions-IAM5[Resource::<AuditTrailStagingBucket.Arn>/*]',
  },
];

describeWithChecks('the template with every optional parameter', () => {
  test('passes @aws/cloudformation-validate, and has no findings but those acknowledged', async () => {
    const { templateFile } = await packageService({ params: everyParameter });
    const report = await runCheck('validate-template.mjs', [templateFile]);
    const { diagnostics } = report as { diagnostics: { ruleId: string }[] };
    // The deployer names accounts by ARN: that is what these parameters are for.
    expect(diagnostics.filter(({ ruleId }) => !['W9002', 'W9013'].includes(ruleId))).toEqual([]);
    const findings = (await runCheck('cdk-nag-findings.mjs', [templateFile])) as string[];
    expect(findings.sort()).toEqual(
      [...acknowledged, ...ofTheAuditTrail].map(({ resource, id }) => `${resource} ${id}`).sort(),
    );
  });
});
