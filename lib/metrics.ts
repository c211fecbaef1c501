import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** Where the environment names none, as the template does: one a stage. */
const DEFAULT_NAMESPACE = 'ParticipantAdder';

/** One figure of the service; dashboards and alarms know it by its name. */
export interface Metric {
  name: string;
  unit: 'Count' | 'Milliseconds' | 'Percent';
  value: number;
}

/** Writes metrics as one line in CloudWatch's embedded metric format. */
export type PutMetrics = (...metrics: Metric[]) => void;

/** @param serviceName the one dimension: more of them would each cost a metric of their own. */
export function createPutMetrics(serviceName: string): PutMetrics {
  const namespace = process.env.POWERTOOLS_METRICS_NAMESPACE || DEFAULT_NAMESPACE;
  const powertools = new Metrics({ namespace, serviceName });
  return (...metrics) => {
    for (const { name, unit, value } of metrics) {
      powertools.addMetric(name, MetricUnit[unit], value);
    }
    powertools.publishStoredMetrics();
  };
}
