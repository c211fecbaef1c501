import { CursorError } from './record-store.ts';

/**
 * Every text of this form is a position in every list, so that the API's description can say which
 * cursors are accepted: the milliseconds of `requestedAt`, then the request's id in base64url.
 */
export const LIST_CURSOR = /^([0-9]{13})([A-Za-z0-9_-]{2,88})$/;

/**
 * The cursor of a list by conversation: where the page before ended.
 * @param requestedAtId range key of the last entry of that page
 */
export function encodeCursor(requestedAtId: string): string {
  const [requestedAt = '', ...requestId] = requestedAtId.split('#');
  return requestedAt + Buffer.from(requestId.join('#'), 'latin1').toString('base64url');
}

/** @returns the range key of the last entry. @throws CursorError */
export function decodeCursor(cursor: string): string {
  const [, requestedAt, requestId] = LIST_CURSOR.exec(cursor) ?? [];
  if (requestedAt === undefined || requestId === undefined) throw new CursorError();
  return `${requestedAt}#${Buffer.from(requestId, 'base64url').toString('latin1')}`;
}
