import { Metrics } from '@aws-lambda-powertools/metrics';

/** One figure of the service; dashboards and alarms know it by its name. */
export interface Metric {
  name: string;
  unit: 'Count' | 'Milliseconds' | 'Percent';
  value: number;
}

/** Writes metrics as one line in CloudWatch's embedded metric format. */
export type PutMetrics = (...metrics: Metric[]) => void;

/**
 * Metrics in the namespace that `POWERTOOLS_METRICS_NAMESPACE` names. A name may be used several
 * times; each value counts.
 * @param serviceName the only dimension, because each additional one would cost another metric.
 */
export function createPutMetrics(serviceName: string): PutMetrics {
  const metrics = new Metrics({ serviceName });
  return (...all) => {
    for (const { name, unit, value } of all) metrics.addMetric(name, unit, value);
    metrics.publishStoredMetrics();
  };
}
