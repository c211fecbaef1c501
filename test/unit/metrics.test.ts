import { describe, expect, test } from '@jest/globals';
import { createPutMetrics, type Metric } from '../../lib/metrics.ts';

function put(...metrics: Metric[]) {
  const lines: string[] = [];
  createPutMetrics('relay', (line) => void lines.push(line))(...metrics);
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('\n');
  return JSON.parse(lines[0] ?? '');
}

describe('metrics', () => {
  test('are one line in the embedded metric format', () => {
    const before = Date.now();
    const { _aws, ...values } = put(
      { name: 'WebhookTries', unit: 'Count', value: 1 },
      { name: 'WebhookLagMs', unit: 'Milliseconds', value: 12.5 },
    );
    expect(_aws.Timestamp).toBeGreaterThanOrEqual(before);
    expect(_aws.Timestamp).toBeLessThanOrEqual(Date.now());
    expect(_aws.CloudWatchMetrics).toEqual([
      {
        Namespace: 'ParticipantAdder',
        Dimensions: [['service']],
        Metrics: [
          { Name: 'WebhookTries', Unit: 'Count' },
          { Name: 'WebhookLagMs', Unit: 'Milliseconds' },
        ],
      },
    ]);
    expect(values).toEqual({ service: 'relay', WebhookTries: 1, WebhookLagMs: 12.5 });
  });

  test('of one name are declared once, with all their values', () => {
    const { _aws, ...values } = put(
      { name: 'WebhookTries', unit: 'Count', value: 1 },
      { name: 'WebhookFailures', unit: 'Count', value: 0 },
      { name: 'WebhookTries', unit: 'Count', value: 1 },
      { name: 'WebhookFailures', unit: 'Count', value: 1 },
    );
    expect(_aws.CloudWatchMetrics[0].Metrics.map(({ Name }: { Name: string }) => Name)).toEqual([
      'WebhookTries',
      'WebhookFailures',
    ]);
    expect(values).toEqual({ service: 'relay', WebhookTries: [1, 1], WebhookFailures: [0, 1] });
  });

  test('go into the namespace that the environment names', () => {
    process.env.METRICS_NAMESPACE = 'ParticipantAdder/prod';
    try {
      const { _aws } = put({ name: 'Deferrals', unit: 'Count', value: 1 });
      expect(_aws.CloudWatchMetrics[0].Namespace).toBe('ParticipantAdder/prod');
    } finally {
      delete process.env.METRICS_NAMESPACE;
    }
  });
});
