import type { ChangeVisibility } from './aws/change-visibility.ts';
import { createFaultyFunction } from './aws/faulty-function.ts';
import { ConfigError } from './config.ts';
import type { Log } from './logger.ts';
import type { PutMetrics } from './metrics.ts';

/**
 * Starts a function with its configuration. Where that is wrong, the function starts all the same: it
 * logs the one line that names the variables, and what arrives waits for the next deployment
 * (faulty-function.ts). A function that threw at its start would lose requests to their deadlines.
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
    // It takes every event, and answers in the form that the event's source expects.
    return faulty as unknown as Handler;
  }
}
