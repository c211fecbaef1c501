/** `node validate-template.mjs TEMPLATE` prints the report of @aws/cloudformation-validate, warnings included. */
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';

const [templateFile = ''] = process.argv.slice(2);
const engine = new RegoEngine();
const { status, diagnostics } = engine.validateStandard(new TemplateFile(templateFile), {
  severityLevel: 'WARN',
});
engine.free();
console.log(JSON.stringify({ status, diagnostics }));
