import type { SQSRecord } from 'aws-lambda';
import { recordRequest } from '../../lib/carry-out/record-request.ts';
import type { Log } from '../../lib/logger.ts';
import { readMessage } from './read-message.ts';

type Deps = Parameters<typeof recordRequest>[0] & { log: Log };

/**
 * Records the requests of messages that wait for an earlier message of their group, so that they end on
 * time although their group is held up. A message of intake has a record already.
 * @returns for each message id, when that is done. Never rejects: a message without a record gets one at its turn
 */
export function recordWaitingMessages(
  deps: Deps,
  messages: readonly SQSRecord[],
): ReadonlyMap<string, Promise<void>> {
  const groups = new Set<string>();
  const requestIds = new Set<string>();
  const recorded = new Map<string, Promise<void>>();
  for (const message of messages) {
    const { request, refusal, redrive } = readMessage(message, deps.clock.now());
    const group = message.attributes?.MessageGroupId ?? message.messageId;
    // The first message with an id decides what the id stands for.
    const waits = groups.has(group) && !requestIds.has(request.requestId);
    groups.add(group);
    requestIds.add(request.requestId);
    if (!waits || refusal || redrive) continue;
    const done = recordRequest(deps, request).catch((error: unknown) =>
      deps.log.warn('not recorded yet', { request_id: request.requestId, error }),
    );
    recorded.set(message.messageId, done);
  }
  return recorded;
}
