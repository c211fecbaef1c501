import type { AddressPolicy } from '../domain/allowed-addresses.ts';
import type { RecordedParticipant } from '../domain/request-record.ts';
import type { Refusal } from '../domain/roster.ts';

/** Participants whose address must not be dialled, by position, with the reason. */
export function refusedAddresses(
  participants: readonly RecordedParticipant[],
  refuse: AddressPolicy,
): ReadonlyMap<number, Refusal> {
  const refused = new Map<number, Refusal>();
  for (const [position, { address }] of participants.entries()) {
    const refusal = address === undefined ? undefined : refuse(address);
    if (refusal) refused.set(position, refusal);
  }
  return refused;
}
