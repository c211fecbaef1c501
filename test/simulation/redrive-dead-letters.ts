import { rerun } from '../../lib/domain/record-transitions.ts';
import { isFinal } from '../../lib/domain/request-record.ts';
import { RETENTION_MS } from './load-functions.ts';
import { requestIdOf } from './request-of.ts';
import type { SimulatedAws } from './simulated-aws.ts';
import { shortId, type World } from './world.ts';

const DEADLINE_MS = 600_000;

/**
 * What an operator does with the dead letters of the request queue: raises the run of the record and
 * sends the message again. A letter whose request has no result yet is left where it is.
 */
export async function redriveDeadLetters(world: World, aws: SimulatedAws): Promise<void> {
  const { requests, requestsDead } = aws.queues;
  const { records } = aws.table.portsOf({
    call: async (_, effect) => effect(),
    now: () => world.time.nowMs,
  });
  for (const letter of [...requestsDead.messages]) {
    const requestId = letter.attributes.request_id ?? requestIdOf(letter);
    const record = await records.get(requestId);
    if (!record || !isFinal(record) || record.result?.sentAtMs === undefined) continue;
    const nowMs = Math.floor(world.time.nowMs);
    const run = record.run + 1;
    const next = rerun(
      record,
      { run, deadlineMs: nowMs + DEADLINE_MS },
      { nowMs, writeId: world.newId(), retentionMs: RETENTION_MS },
    );
    if (!(await records.replace(record, next))) continue;
    world.story.tell('operator', `sends ${shortId(requestId)} again, run ${run}`);
    requests.send({
      body: letter.body,
      groupId: letter.groupId ?? requestId,
      deduplicationId: `redrive-${letter.messageId}-${run}`,
      attributes: { redrive: String(run), request_id: requestId },
    });
    requestsDead.messages = requestsDead.messages.filter((other) => other !== letter);
  }
}
