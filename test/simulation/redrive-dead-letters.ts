import { createPrepareRequest } from '../../cli/dead-letters/create-prepare-request.ts';
import { readLetter } from '../../cli/dead-letters/read-letter.ts';
import { RETENTION_MS } from './load-functions.ts';
import type { SimulatedAws } from './simulated-aws.ts';
import type { StoredMessage } from './simulated-queue.ts';
import { shortId, type World } from './world.ts';

/**
 * An operator redrives the dead letters of the request queue, each by its id: with the code of
 * `npm run dead-letters -- redrive`, on the simulated queues and table.
 */
export async function redriveDeadLetters(world: World, aws: SimulatedAws): Promise<void> {
  const { requests, requestsDead } = aws.queues;
  const { records } = aws.table.portsOf({
    call: async (_, effect) => effect(),
    now: () => world.time.nowMs,
  });
  const prepare = createPrepareRequest({
    targetUrl: requests.url,
    records,
    clock: { now: () => Math.floor(world.time.nowMs) },
    newWriteId: world.newId,
    retentionMs: RETENTION_MS,
  });
  for (const stored of [...requestsDead.messages]) {
    const letter = readLetter('requests', toMessage(stored));
    const prepared = await prepare(letter);
    const what = `${prepared.kind}: ${shortId(letter.requestId || letter.id)}`;
    world.story.tell('operator', prepared.why ? `${what}, ${prepared.why}` : what);
    if (prepared.kind === 'leave') continue;
    if (prepared.kind === 'send') {
      requests.send(prepared.message);
      stored.isSentAgain = true;
    }
    requestsDead.messages = requestsDead.messages.filter((other) => other !== stored);
  }
}

/** A letter as SQS hands it to the command. */
function toMessage({
  messageId,
  body,
  attributes,
  groupId,
  sentAtMs,
  receiveCount,
}: StoredMessage): Parameters<typeof readLetter>[1] {
  return {
    MessageId: messageId,
    Body: body,
    Attributes: {
      SentTimestamp: String(sentAtMs),
      ApproximateReceiveCount: String(receiveCount),
      ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
    },
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [
        name,
        { DataType: 'String', StringValue: value },
      ]),
    ),
  };
}
