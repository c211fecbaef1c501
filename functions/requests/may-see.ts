import type { Caller } from '../../lib/aws/caller.ts';
import { callerIdOf } from '../../lib/aws/caller-id.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';

/** Whether a caller may see and cancel a request. */
export type MaySee = (caller: Caller, record: Pick<RequestRecord, 'callerId'>) => boolean;

const ROLE = /^(arn:[^:]*):iam::(\d*):role\/(?:.*\/)?([^/]+)$/;

/**
 * Callers see their own requests; those in `READ_ALL_CALLERS` see all.
 * @param readAll ARNs of roles or users, token subjects; `*` is every caller
 */
export function createMaySee(readAll: readonly string[]): MaySee {
  const everyone = readAll.includes('*');
  const privileged = new Set(readAll.map(toIdentity));
  return (caller, { callerId }) =>
    everyone || callerIdOf(caller) === callerId || privileged.has(caller.identity.at(-1) ?? '');
}

/** Sessions of a role contain its name without the path. */
function toIdentity(entry: string): string {
  const role = ROLE.exec(entry);
  return role ? `${role[1]}:sts::${role[2]}:assumed-role/${role[3]}` : entry;
}
