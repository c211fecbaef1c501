import type { Resource, Template } from '../../local/package-service.ts';
import { addCustomDomain } from './add-custom-domain.ts';
import { encryptWithKey } from './encrypt-with-key.ts';
import { METADATA_KEY } from './given-settings.ts';
import { splitList } from './parameters.ts';
import { protectQueues } from './protect-queues.ts';
import {
  type Options,
  type ParameterReader,
  readParameters,
  type Serverless,
} from './serverless.ts';
import { settingsOfThisDeploy } from './settings-of-this-deploy.ts';

/**
 * Applies the optional parameters to the compiled template. Conditions in the template would be harder to
 * read and lint, and would not reach the resources that osls generates.
 */
export async function applyParameters(serverless: Serverless, options: Options): Promise<void> {
  const template = serverless.service.provider.compiledCloudFormationTemplate;
  applyToTemplate(template, readParameters(serverless, options), {
    stackName: serverless.getProvider('aws').naming.getStackName(),
  });
  // The next deploy compares with it.
  template.Metadata = { [METADATA_KEY]: settingsOfThisDeploy(serverless, options) };
}

/** The same for a given template and parameters. Changes the template. */
export function applyToTemplate(
  template: Template,
  parameter: ParameterReader,
  { stackName }: { stackName: string },
): void {
  setAlarmTopics(template, splitList(parameter('alarmTopicArns')));
  if (parameter('alarms') === 'false') removeAlarms(template);
  protectQueues(template, {
    senderAccounts: splitList(parameter('senderAccounts')),
    operatorRoleArns: splitList(parameter('operatorRoleArns')),
  });
  for (const role of ofType(template, 'AWS::IAM::Role')) {
    if (parameter('permissionsBoundary')) {
      role.Properties.PermissionsBoundary = parameter('permissionsBoundary');
    }
    if (parameter('rolePath') !== '/') role.Properties.Path = parameter('rolePath');
  }
  if (parameter('kmsKeyArn')) encryptWithKey(template, parameter('kmsKeyArn'));
  if (parameter('customDomain')) {
    addCustomDomain(template, parameter('customDomain'), parameter('certificateArn'));
  }
  const accessLog = template.Resources.HttpApiLogGroup;
  if (accessLog) accessLog.Properties.LogGroupName = `${parameter('accessLogPrefix')}${stackName}`;
}

function ofType(template: Template, type: string): Resource[] {
  return Object.values(template.Resources).filter(({ Type }) => Type === type);
}

/** The stack's own topic and its subscription. */
const TOPIC_RESOURCES = ['AlarmTopic', 'AlarmTopicPolicy', 'AlarmEmailSubscription'];

function setAlarmTopics(template: Template, topics: string[]): void {
  if (topics.length === 0) return;
  for (const { Properties } of ofType(template, 'AWS::CloudWatch::Alarm')) {
    Properties.AlarmActions = topics;
    Properties.OKActions = topics;
  }
  removeTopic(template);
}

function removeTopic(template: Template): void {
  for (const logicalId of TOPIC_RESOURCES) delete template.Resources[logicalId];
  delete template.Outputs.AlarmTopicArn;
  delete template.Parameters?.AlarmEmail;
  delete template.Conditions?.HasAlarmEmail;
  // CloudFormation refuses empty sections.
  if (Object.keys(template.Parameters ?? {}).length === 0) delete template.Parameters;
  if (Object.keys(template.Conditions ?? {}).length === 0) delete template.Conditions;
}

interface Widget {
  type: string;
  y: number;
  height: number;
}

function removeAlarms(template: Template): void {
  for (const [logicalId, { Type }] of Object.entries(template.Resources)) {
    if (Type === 'AWS::CloudWatch::Alarm') delete template.Resources[logicalId];
  }
  removeTopic(template);
  for (const { Properties } of ofType(template, 'AWS::CloudWatch::Dashboard')) {
    const body: { widgets: Widget[] } = JSON.parse(Properties.DashboardBody['Fn::Sub']);
    const removed = body.widgets.filter(({ type }) => type === 'alarm');
    const height = Math.max(0, ...removed.map((widget) => widget.height));
    body.widgets = body.widgets
      .filter(({ type }) => type !== 'alarm')
      .map((widget) => ({ ...widget, y: widget.y - height }));
    Properties.DashboardBody['Fn::Sub'] = JSON.stringify(body);
  }
}
