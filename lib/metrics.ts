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

/**
 * A name may come several times: each value counts. One line takes 100 names and 100 values of each
 * (AWS, "Specification: Embedded metric format"); a batch of messages stays far below both.
 * @param serviceName the one dimension: more of them would each cost a metric of their own.
 * @param write takes a line. Default: standard output, which Lambda sends to CloudWatch Logs.
 */
export function createPutMetrics(
  serviceName: string,
  write = (line: string): void => void process.stdout.write(`${line}\n`),
): PutMetrics {
  const namespace = process.env.METRICS_NAMESPACE || DEFAULT_NAMESPACE;
  return (...metrics) => {
    const byName = Map.groupBy(metrics, ({ name }) => name);
    const directive = {
      Namespace: namespace,
      Dimensions: [['service']],
      Metrics: [...byName.values()].flatMap(([first]) =>
        first ? [{ Name: first.name, Unit: first.unit }] : [],
      ),
    };
    const values = [...byName].map(([name, same]) => {
      const all = same.map(({ value }) => value);
      return [name, all.length === 1 ? all[0] : all];
    });
    write(
      JSON.stringify({
        _aws: { Timestamp: Date.now(), CloudWatchMetrics: [directive] },
        service: serviceName,
        ...Object.fromEntries(values),
      }),
    );
  };
}
