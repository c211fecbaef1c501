import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createPutMetrics, type Metric } from '../../lib/metrics.ts';

const VARIABLE = 'POWERTOOLS_METRICS_NAMESPACE';

beforeEach(() => {
  process.env[VARIABLE] = 'ParticipantAdder/prod';
});
afterEach(() => {
  delete process.env[VARIABLE];
  jest.restoreAllMocks();
});

/** The lines that metrics are written as, for each of the calls. */
function put(...calls: Metric[][]) {
  let text = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += chunk;
    return true;
  });
  const putMetrics = createPutMetrics('relay');
  for (const metrics of calls) putMetrics(...metrics);
  jest.restoreAllMocks();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const tries: Metric = { name: 'WebhookTries', unit: 'Count', value: 1 };
const lag: Metric = { name: 'WebhookLagMs', unit: 'Milliseconds', value: 12.5 };

describe('metrics', () => {
  test('are one line in the embedded metric format, in the namespace of the stage', () => {
    const before = Date.now();
    const [line, ...more] = put([tries, lag]);
    const { _aws, ...values } = line;
    expect(more).toEqual([]);
    expect(_aws.Timestamp).toBeGreaterThanOrEqual(before);
    expect(_aws.Timestamp).toBeLessThanOrEqual(Date.now());
    expect(_aws.CloudWatchMetrics).toEqual([
      {
        Namespace: 'ParticipantAdder/prod',
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
    const [line] = put([tries, { ...tries, value: 0 }]);
    const { _aws, ...values } = line;
    expect(_aws.CloudWatchMetrics[0].Metrics).toEqual([{ Name: 'WebhookTries', Unit: 'Count' }]);
    expect(values).toEqual({ service: 'relay', WebhookTries: [1, 0] });
  });

  test('of one call are not repeated in the next', () => {
    const [, second] = put([tries], [lag]);
    expect(second).not.toHaveProperty('WebhookTries');
    expect(second).toMatchObject({ service: 'relay', WebhookLagMs: 12.5 });
  });
});
