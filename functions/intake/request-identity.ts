import { createHash } from 'node:crypto';
import type { RequestBody } from '../../lib/domain/request-body.ts';

/** What makes two requests with an idempotency key the same request (contract 2). */
export interface RequestIdentity {
  caller: readonly string[];
  conversationId: string;
  idempotencyKey: string;
  /** As validated: neither the order of JSON keys nor a default that is written out tells two apart. */
  body: RequestBody;
}

/**
 * The request id of a request with an idempotency key, which is its deduplication id as well: the
 * same for the same request, whichever instance answers. A UUID of version 8 (RFC 9562, section
 * 5.8) over the first 122 bits of a SHA-256.
 */
export function deriveRequestId({
  caller,
  conversationId,
  idempotencyKey,
  body,
}: RequestIdentity): string {
  const participants = body.participants.map(({ id, address, role }) => [
    id ?? null,
    address ?? null,
    role,
  ]);
  // Nested JSON arrays, because joined strings could be cut apart in two ways.
  const canonical = JSON.stringify([
    caller,
    conversationId,
    idempotencyKey,
    participants,
    body.deadlineSeconds,
  ]);
  const bytes = createHash('sha256').update(canonical).digest();
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex', 0, 16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
