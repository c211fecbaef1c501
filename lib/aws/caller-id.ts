import { createHash } from 'node:crypto';
import type { Caller } from './caller.ts';

/** Equal for two requests of one caller and for those only; safe to use in a key. */
export function callerIdOf({ identity }: Pick<Caller, 'identity'>): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}
