import { createHash } from 'node:crypto';
import { CursorError } from './record-store.ts';

/**
 * The cursor of a list by conversation: where the page before ended, bound to the conversation.
 * @param requestedAtId range key of the last entry of that page
 */
export function encodeCursor(conversationId: string, requestedAtId: string): string {
  return Buffer.from(`${mark(conversationId)}.${requestedAtId}`).toString('base64url');
}

/** @returns the range key of the last entry. @throws CursorError */
export function decodeCursor(conversationId: string, cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, found, requestedAtId] = /^([0-9a-f]{8})\.(\d{13}#[\x21-\x7e]{1,64})$/.exec(text) ?? [];
  if (found !== mark(conversationId) || requestedAtId === undefined) throw new CursorError();
  return requestedAtId;
}

function mark(conversationId: string): string {
  return createHash('sha256').update(conversationId).digest('hex').slice(0, 8);
}
