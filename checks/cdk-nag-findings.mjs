/**
 * `node cdk-nag-findings.mjs TEMPLATE` prints, as a JSON array of `LogicalId rule`, what cdk-nag's
 * AwsSolutions finds in a CloudFormation template. A program, because inside Jest the CDK takes ten
 * times as long and it writes each finding to standard error.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { AwsSolutionsChecks } from 'cdk-nag';

const [templateFile = ''] = process.argv.slice(2);
const outdir = mkdtempSync(join(tmpdir(), 'cdk-nag-'));
try {
  const app = new App({ outdir });
  new CfnInclude(new Stack(app, 'Service'), 'Template', { templateFile });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
  } catch {
    // Findings are thrown, too. After another error there is no report to read, which fails below.
  }
  const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
  const findings = report.pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(
        ({ constructPath }) => `${constructPath.split('/').at(-1)} ${ruleName}`,
      ),
    ),
  );
  console.log(JSON.stringify(findings));
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
