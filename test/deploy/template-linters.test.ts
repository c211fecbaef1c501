import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { packageService } from '../../local/package-service.ts';

const nag = fileURLToPath(new URL('../support/cdk-nag-findings.ts', import.meta.url));

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
};

/** What cdk-nag asks for and does not get, and why. */
const acknowledged: { resource: string; id: string; reason: string }[] = [
  {
    resource: 'ServerlessDeploymentBucket',
    id: 'AwsSolutions-S1',
    reason:
      'It holds the deployed zips and the template, is written by deploys alone, and CloudTrail has those. A log of its reads would need a second bucket, which would outlive the stack.',
  },
  ...['IntakeRole', 'AdderRole', 'RelayRole'].map((resource) => ({
    resource,
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'xray:PutTraceSegments and xray:PutTelemetryRecords know no resources.',
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

describe.each(Object.entries(packagings))('the template packaged %s', (_name, packaging) => {
  let templateFile: string;
  beforeAll(async () => {
    ({ templateFile } = await packageService(packaging));
  }, 120_000);

  test('passes @aws/cloudformation-validate, warnings included', () => {
    const engine = new RegoEngine();
    const report = engine.validateStandard(new TemplateFile(templateFile), {
      severityLevel: 'WARN',
    });
    engine.free();
    expect(report.status).toBe('OK');
    expect(report.diagnostics).toEqual([]);
  }, 60_000);

  test('has no findings of cdk-nag’s AwsSolutions but those acknowledged with a reason', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [nag, templateFile]);
    expect(JSON.parse(stdout).sort()).toEqual(
      acknowledged.map(({ resource, id }) => `${resource} ${id}`).sort(),
    );
  }, 60_000);
});
