import type { ChangeVisibility } from './aws/change-visibility.ts';
import { createFaultyFunction } from './aws/faulty-function.ts';
import { ConfigError } from './config.ts';
import type { Log } from './logger.ts';
import type { PutMetrics } from './metrics.ts';

/**
 * Starts a function with its configuration. With an invalid configuration it starts too: it logs one line
 * that names the variables, and defers what it receives until the next deployment (faulty-function.ts). A
 * function that throws at start would block its messages for the queue's visibility timeout.
 * @param start.create reads the configuration and makes the handler; may throw ConfigError
 */
export function startFunction<Handler extends (...event: never[]) => Promise<unknown>>(start: {
  create: () => Handler;
  changeVisibility?: ChangeVisibility;
  /** Of an emulator, as AWS_ENDPOINT_URL_SQS names it. */
  sqsEndpoint?: string | undefined;
  log: Log;
  putMetrics: PutMetrics;
}): Handler {
  try {
    return start.create();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    start.log.error(error.message);
    const faulty = createFaultyFunction({
      changeVisibility: start.changeVisibility,
      sqsEndpoint: start.sqsEndpoint,
      onInvocation: () =>
        start.putMetrics({ name: 'ConfigurationFaults', unit: 'Count', value: 1 }),
    });
    // It accepts every event, and responds in the format of the event's source.
    return faulty as unknown as Handler;
  }
}
