import type { AuditEvent } from './audit-event.ts';

/** Characters that stay readable at either end of a masked address. */
const KEPT = 3;

/**
 * Masks the addresses of outside parties in an event, for the log. Enough of each stays readable to tell
 * two of them apart.
 * @param body the event in JSON
 */
export function maskAddresses(body: string): AuditEvent {
  const event = JSON.parse(body) as AuditEvent;
  const addresses = event.audit.participants
    .flatMap(({ address }) => address ?? [])
    .flatMap((address) => [address, ...digitsOf(address)]);
  // Longer ones first: one can be part of another.
  const masked = addresses
    .toSorted((one, other) => other.length - one.length)
    .reduce((text, address) => text.replaceAll(inJson(address), inJson(mask(address))), body);
  return JSON.parse(masked) as AuditEvent;
}

/** The number as others write it, without its `+`. Shorter ones could be any number. */
function digitsOf(address: string): string[] {
  const digits = /^(?:tel:|sips?:)?\+(\d{7,15})/i.exec(address)?.[1];
  return digits === undefined ? [] : [digits];
}

function mask(address: string): string {
  if (address.length <= 2 * KEPT) return '*'.repeat(address.length);
  const hidden = '*'.repeat(address.length - 2 * KEPT);
  return `${address.slice(0, KEPT)}${hidden}${address.slice(-KEPT)}`;
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
