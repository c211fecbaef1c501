import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import { readAudit, tellOutcome } from '../story/tell.ts';
import type { LocalSystem } from '../system/start-system.ts';
import type { Story } from './stories.ts';

/** How a story ended. Times are milliseconds since its request was sent. */
export interface Ending {
  story: Story;
  /** Status of the API's response; a message straight to the queue has none. */
  response: string;
  acceptedMs?: number;
  addedMs?: number;
  verifiedMs?: number;
  result?: AuditEvent['audit'];
  /** The webhook's body. */
  body?: string;
  /** What is not as it should be. Empty: all is well. */
  complaints: string[];
}

/** Long enough for a machine that is busy with other things. */
const PATIENCE_MS = 30_000;

export interface Stage {
  system: LocalSystem;
  client: SQSClient;
  /** When intake logged an acceptance, by correlation id. Milliseconds since the epoch. */
  acceptedAtMs: ReadonlyMap<string, number>;
}

/** Sends a story's request and follows it to its verified webhook. */
export async function playStory(
  story: Story,
  { system, client, acceptedAtMs }: Stage,
): Promise<Ending> {
  const sentAtMs = Date.now();
  const ending: Ending = { story, response: '', complaints: [] };
  const complain = (text: string) => void ending.complaints.push(text);

  if (story.by === 'http') {
    const response = await fetch(
      `${system.endpoints.apiUrl}/conversations/${story.conversationId}/participants`,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-correlation-id': story.correlationId,
        },
        body: JSON.stringify(story.body),
      },
    );
    const document = (await response.json()) as { errors?: { pointer: string }[] };
    ending.response = String(response.status);
    if (response.status !== story.expectedStatus) complain(`responded with ${response.status}`);
    if (response.headers.get('x-correlation-id') !== story.correlationId) {
      complain('the response has another correlation id');
    }
    const pointers = (document.errors ?? []).map(({ pointer }) => pointer);
    if (String(pointers) !== String(story.expectedPointers ?? [])) {
      complain(`the response names ${pointers.join(', ') || 'no field'}`);
    }
  } else {
    await client.send(
      new SendMessageCommand({
        QueueUrl: system.endpoints.queues.RequestQueue?.url,
        MessageGroupId: story.conversationId,
        MessageDeduplicationId: story.correlationId,
        MessageBody: JSON.stringify({
          conversationId: story.conversationId,
          correlationId: story.correlationId,
          ...story.body,
        }),
      }),
    );
  }
  if (story.expectedResult) await followToWebhook(story.expectedResult);
  return ending;

  async function followToWebhook(expected: NonNullable<Story['expectedResult']>): Promise<void> {
    const delivery = await Promise.race([
      // By the correlation id that was sent: another one would be no delivery of this story.
      system.receiver?.waitFor(
        (candidate) => readAudit(candidate)?.correlation_id === story.correlationId,
      ),
      delay(PATIENCE_MS, undefined, { ref: false }),
    ]);
    const audit = delivery && readAudit(delivery);
    if (!delivery || !audit) return complain('no webhook came with its correlation id');
    const accepted = acceptedAtMs.get(story.correlationId);
    if (accepted !== undefined) ending.acceptedMs = accepted - sentAtMs;
    ending.result = audit;
    ending.body = delivery.body;
    ending.addedMs = Date.parse(audit.timestamp) - sentAtMs;
    ending.verifiedMs = delivery.receivedAtMs - sentAtMs;
    if (!delivery.verified) complain(`signature not verified: ${delivery.problem}`);
    if (audit.status !== expected.status) complain(`${audit.status} and not ${expected.status}`);
    const outcomes = Object.fromEntries(
      audit.participants.map((participant) => [participant.id, tellOutcome(participant)]),
    );
    for (const [id, outcome] of Object.entries(expected.outcomes)) {
      if (outcomes[id] !== outcome) complain(`${id} is ${outcomes[id] ?? 'not mentioned'}`);
    }
  }
}
