import { createHash } from 'node:crypto';
import type { RequestRecord } from '../domain/request-record.ts';

type Requested = Pick<
  RequestRecord,
  'conversationId' | 'participants' | 'dryRun' | 'onlyIfReachable' | 'actingUserId'
>;

/**
 * Identifies what a queue message asks for: SHA-256, hexadecimal, of conversation, participants and
 * options. Equal for a record and its message, in every state of the record.
 */
export function requestDigest(requested: Requested): string {
  const { conversationId, participants, dryRun, onlyIfReachable, actingUserId } = requested;
  const people = participants.map(({ id, address, role }) => [id ?? null, address ?? null, role]);
  const content = [conversationId, people, dryRun, onlyIfReachable, actingUserId ?? null];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
