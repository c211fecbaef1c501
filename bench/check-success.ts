import { isDeepStrictEqual } from 'node:util';
import type { Servers } from './start-servers.ts';

/** What a function returned. @throws Error if one response is not a 202 */
export function checkAccepted(responses: readonly unknown[]): void {
  const refused = responses.find(
    (response) => (response as { statusCode?: number } | undefined)?.statusCode !== 202,
  );
  if (refused !== undefined) throw new Error(`not accepted: ${JSON.stringify(refused)}`);
}

/** @throws Error if a batch has messages that were not finished */
export function checkFinished(responses: readonly unknown[]): void {
  const failed = responses.find(
    (response) => !isDeepStrictEqual(response, { batchItemFailures: [] }),
  );
  if (failed !== undefined) throw new Error(`not finished: ${JSON.stringify(failed)}`);
}

/**
 * Counts the deliveries of a measurement.
 * @param which a baseline may leave out the signature
 * @throws Error if there are not as many as events
 */
export async function checkDelivered<Result>(
  { receiver }: Pick<Servers, 'receiver'>,
  events: number,
  which: 'verified' | 'all',
  measure: () => Promise<Result>,
): Promise<Result> {
  const before = receiver.received(which);
  const result = await measure();
  const delivered = receiver.received(which) - before;
  if (delivered !== events) throw new Error(`${delivered} deliveries, not ${events}`);
  return result;
}
