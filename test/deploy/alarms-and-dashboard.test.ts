import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { functionResource } from '../../local/lambda-runtime/template-environment.ts';
import { packageService, type Resource, type Template } from '../../local/package-service.ts';
import { everyParameter } from '../support/every-parameter.ts';

const NAMESPACE = 'ParticipantAdder/dev';

let template: Template;
let alarms: [string, Resource][];
let widgets: Widget[];
/** The source of each function, for the names of the metrics that it writes. */
let sources: Record<string, string>;
let operate: string;

interface Widget {
  type: string;
  x: number;
  y: number;
  width: number;
  height: number;
  properties: { title: string; metrics?: unknown[][]; alarms?: string[]; region?: string };
}

beforeAll(async () => {
  ({ template } = await packageService());
  alarms = Object.entries(template.Resources).filter(
    ([, { Type }]) => Type === 'AWS::CloudWatch::Alarm',
  );
  // Any reference will do here: only the shape and the names matter.
  const body = template.Resources.Dashboard?.Properties.DashboardBody['Fn::Sub'];
  widgets = JSON.parse(body.replace(/\$\{([^}]+)\}/g, '<$1>')).widgets;
  sources = Object.fromEntries(
    await Promise.all(
      ['intake', 'adder', 'relay', 'requests', 'follow-up'].map(async (name) => [
        name,
        await sourceOf(name),
      ]),
    ),
  );
  operate = await readFile(new URL('../../docs/operate.md', import.meta.url), 'utf8');
}, 120_000);

/** Its own files, lib/api (refused requests) and lib/carry-out (calls to Genesys Cloud). */
async function sourceOf(name: string): Promise<string> {
  const folders = [`functions/${name}`, 'lib/api', 'lib/carry-out'].map(
    (folder) => new URL(`../../${folder}/`, import.meta.url),
  );
  const files = await Promise.all(
    folders.map(async (folder) => (await readdir(folder)).map((file) => new URL(file, folder))),
  );
  // Every function starts by it.
  const start = new URL('../../lib/start-function.ts', import.meta.url);
  const urls = [...files.flat(), start];
  return (await Promise.all(urls.map((url) => readFile(url, 'utf8')))).join();
}

/** Metrics as `namespace name dimension=value`, with CloudWatch's "." and "..." written out. */
function metricsOf(widget: Widget): string[] {
  let previous: string[] = [];
  return (widget.properties.metrics ?? []).map((row) => {
    const given = row.filter((part): part is string => typeof part === 'string');
    const parts =
      given[0] === '...'
        ? [...previous.slice(0, previous.length - given.length + 1), ...given.slice(1)]
        : given.map((part, index) => (part === '.' ? (previous[index] ?? '') : part));
    previous = parts;
    const [namespace, name, dimension, value] = parts;
    return `${namespace} ${name} ${dimension}=${value}`;
  });
}

function alarmMetrics({ Properties }: Resource): string[] {
  const metrics = Properties.Metrics
    ? Properties.Metrics.flatMap((one: { MetricStat?: { Metric: object } }) =>
        one.MetricStat ? [one.MetricStat.Metric] : [],
      )
    : [Properties];
  return metrics.map(
    (metric: {
      Namespace: string;
      MetricName: string;
      Dimensions: { Name: string; Value: unknown }[];
    }) =>
      `${metric.Namespace} ${metric.MetricName} ${metric.Dimensions.map(
        ({ Name, Value }) => `${Name}=${typeof Value === 'string' ? Value : nameOf(Value)}`,
      )}`,
  );
}

function nameOf(reference: unknown): string {
  const { Ref, 'Fn::GetAtt': attribute } = reference as Record<string, string | string[]>;
  return `<${Ref ?? (attribute as string[]).join('.')}>`;
}

/** Those that no function writes. */
function unwritten(metrics: string[]): string[] {
  return metrics.filter((metric) => {
    const [, name, service] =
      new RegExp(`^${NAMESPACE} (\\w+) service=([\\w-]+)$`).exec(metric) ?? [];
    return name && !sources[service ?? '']?.includes(`'${name}'`);
  });
}

describe('the alarms', () => {
  test('cover everything that needs an operator', () => {
    expect(alarms.map(([, { Properties }]) => Properties.AlarmName).sort()).toEqual(
      [
        'adder-errors',
        'adder-throttles',
        'audit-dead-letters',
        'configuration-faults',
        'follow-up-errors',
        'forged-events',
        'intake-errors',
        'rate-budget',
        'relay-errors',
        'relay-throttles',
        'request-age',
        'request-dead-letters',
        'result-age',
        'results-not-success',
        'results-waiting-for-key',
        'table-throttled',
        'token-failures',
        'watch-age',
        'webhook-failing',
      ].map((name) => `genesys-automated-adder-dev-${name}`),
    );
  });

  test('say what to do, tell the topic, and are quiet where there is nothing to measure', () => {
    for (const [logicalId, { Properties }] of alarms) {
      expect({ logicalId, ...Properties }).toMatchObject({
        AlarmDescription: expect.stringMatching(/ Do: .*See docs\/operate\.md, [a-z-]+\.$/),
        AlarmActions: [{ Ref: 'AlarmTopic' }],
        OKActions: [{ Ref: 'AlarmTopic' }],
        TreatMissingData: 'notBreaching',
      });
    }
  });

  test('each have a section in docs/operate.md, by the name that the alarm gives', () => {
    for (const [, { Properties }] of alarms) {
      const [, section] =
        /See docs\/operate\.md, ([a-z-]+)\.$/.exec(Properties.AlarmDescription) ?? [];
      expect(Properties.AlarmName).toBe(`genesys-automated-adder-dev-${section}`);
      expect(operate).toContain(`\n### ${section}\n`);
    }
  });

  test('are the ones of the table in docs/operate.md, and the other way round', async () => {
    const { template: withEverything } = await packageService({ params: everyParameter });
    const names = Object.values(withEverything.Resources)
      .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
      .map(({ Properties }) => Properties.AlarmName.replace('genesys-automated-adder-dev-', ''));
    const [, table = ''] = /\| alarm \| meaning \|\n([\s\S]*?)\n\n/.exec(operate) ?? [];
    const linked = [...table.matchAll(/\[([a-z-]+)\]\(#([a-z-]+)\)/g)];
    for (const [, name, section] of linked) expect(section).toBe(name);
    const [, auditTrail = ''] = /\n### audit-trail\n([\s\S]*?)\n## /.exec(operate) ?? [];
    const ofTheAuditTrail = [...auditTrail.matchAll(/^\| (audit-trail-[a-z]+) \|/gm)];
    const documented = [...linked, ...ofTheAuditTrail].map(([, name]) => name);
    expect(documented.sort()).toEqual(names.sort());
  }, 120_000);

  test('cost what docs/operate.md says', () => {
    const several = alarms.filter(([, { Properties }]) => Properties.Metrics);
    const plain = alarms.length - several.length;
    const metrics = several.flatMap(([, alarm]) => alarmMetrics(alarm)).length;
    const dollars = ((plain + metrics) * 0.1).toFixed(2);
    expect(operate).toContain(
      `| alarms | ${plain} × $0.10 + ${several.length} of several metrics, ${metrics} × $0.10 | ${dollars} |`,
    );
  });

  test('watch metrics that a function writes', () => {
    const watched = alarms.flatMap(([, alarm]) => alarmMetrics(alarm));
    expect(watched.filter((metric) => metric.startsWith(NAMESPACE)).length).toBeGreaterThan(5);
    expect(unwritten(watched)).toEqual([]);
  });

  test('count the results that follow-up writes as well as those of the adder', () => {
    const alarm = template.Resources.ResultsNotSuccessAlarm;
    expect(alarm && alarmMetrics(alarm)).toEqual(
      expect.arrayContaining([
        `${NAMESPACE} ResultsExpired service=adder`,
        `${NAMESPACE} ResultsExpired service=follow-up`,
      ]),
    );
  });

  test('for the age of requests leave time before the default deadline', () => {
    const age = template.Resources.RequestAgeAlarm?.Properties;
    const defaultDeadlineSeconds = 600;
    expect(age?.Threshold + age?.EvaluationPeriods * age?.Period).toBeLessThan(
      defaultDeadlineSeconds,
    );
  });
});

describe('the dashboard', () => {
  test('shows every alarm', () => {
    const shown = widgets.flatMap(({ properties }) => properties.alarms ?? []);
    const arn = 'arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:';
    expect(shown.sort()).toEqual(
      alarms.map(([, { Properties }]) => `${arn}${Properties.AlarmName}`).sort(),
    );
  });

  test('shows metrics that a function writes, and all of those that matter', () => {
    const shown = widgets.flatMap(metricsOf);
    expect(unwritten(shown)).toEqual([]);
    for (const metric of [
      `${NAMESPACE} RequestsAccepted service=intake`,
      `${NAMESPACE} RequestsRefused service=intake`,
      ...['Success', 'Partial', 'Failed', 'Expired'].map(
        (status) => `${NAMESPACE} Results${status} service=adder`,
      ),
      `${NAMESPACE} ResultsExpired service=follow-up`,
      `${NAMESPACE} ResultsCancelled service=requests`,
      `${NAMESPACE} AcceptedToAddedMs service=adder`,
      `${NAMESPACE} GenesysCalls service=adder`,
      `${NAMESPACE} BudgetUsedPercent service=adder`,
      `${NAMESPACE} TokensFetched service=adder`,
      `${NAMESPACE} WebhookTries service=relay`,
      `${NAMESPACE} WebhookLagMs service=relay`,
      `${NAMESPACE} EventsWaitingForKey service=relay`,
      `${NAMESPACE} ForgedEvents service=relay`,
      'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=<AuditQueue.QueueName>',
      'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=<RequestQueue.QueueName>',
      'AWS/SQS ApproximateAgeOfOldestMessage QueueName=<RequestQueue.QueueName>',
      'AWS/SQS ApproximateAgeOfOldestMessage QueueName=<AuditQueue.QueueName>',
      'AWS/Lambda Throttles FunctionName=<AdderLambdaFunction>',
    ]) {
      expect(shown).toContain(metric);
    }
  });

  test('refers to resources of the template only', () => {
    const body: string = template.Resources.Dashboard?.Properties.DashboardBody['Fn::Sub'];
    const referred = [...body.matchAll(/\$\{([A-Za-z]+)(?:\.\w+)?\}/g)].map(([, id]) => id ?? '');
    expect(referred.filter((id) => !(id in template.Resources))).toEqual([]);
  });

  test('has no two widgets in one place, and fits the 24 columns', () => {
    const cells = widgets.flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, cell) =>
        [x + (cell % width), y + Math.floor(cell / width)].join(),
      ),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { x, width } of widgets) expect(x + width).toBeLessThanOrEqual(24);
  });
});

test('each metric that the service writes has the namespace of its stage', () => {
  for (const name of ['intake', 'adder', 'relay']) {
    expect(functionResource(template, name).Properties.Environment.Variables).toMatchObject({
      POWERTOOLS_METRICS_NAMESPACE: NAMESPACE,
      POWERTOOLS_SERVICE_NAME: name,
    });
  }
});
