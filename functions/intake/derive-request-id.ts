import { createHash } from 'node:crypto';

/**
 * The request id of a request with an idempotency key: the same for the same caller and key, whichever
 * instance handles it. A UUID of version 8 (RFC 9562, section 5.8) over the first 122 bits of a SHA-256.
 */
export function deriveRequestId(caller: readonly string[], idempotencyKey: string): string {
  // Nested JSON arrays, because joined strings could be split in two ways.
  const bytes = createHash('sha256')
    .update(JSON.stringify([caller, idempotencyKey]))
    .digest();
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
