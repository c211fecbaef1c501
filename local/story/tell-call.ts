import type { Call } from '../genesys/create-genesys.ts';
import type { Chapter } from './chapter.ts';

/**
 * Tells a call that the stand-in has carried out.
 * @returns `undefined` for a call with other lines: a successful add has a line for each person it rang
 */
export function tellCall(call: Call): Chapter | undefined {
  const isAdd = call.method === 'POST';
  const isRead = call.method === 'GET';
  const chapter = (what: string, text: string): Chapter => ({ atMs: call.atMs, what, text });
  if (call.delivery === 'reset' || call.delivery === 'hang' || call.delivery === 'cut') {
    return chapter(
      'warning',
      `Genesys Cloud carried out ${isAdd ? 'the add' : 'a read'}, but its response was lost`,
    );
  }
  if (call.status !== undefined && call.status >= 400) {
    return chapter('warning', `Genesys Cloud: ${call.status} to ${isAdd ? 'the add' : 'a read'}`);
  }
  return isRead ? chapter('looked', 'who is in the conversation') : undefined;
}
