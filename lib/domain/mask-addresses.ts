<<<<<<< HEAD
import type { AuditEvent } from './audit-event.ts';

/** Characters that stay readable at either end of a masked address. */
const KEPT = 3;

/**
 * An event with the addresses of outside parties masked wherever they stand, for the log. Enough
 * stays to tell two of them apart.
 * @param body the event in JSON
 */
export function maskAddresses(body: string): AuditEvent {
  const event = JSON.parse(body) as AuditEvent;
  const addresses = event.audit.participants.flatMap(({ address }) => address ?? []);
  // Longer ones first: one can be part of another.
  const masked = addresses
    .toSorted((one, other) => other.length - one.length)
    .reduce((text, address) => text.replaceAll(inJson(address), inJson(mask(address))), body);
  return JSON.parse(masked) as AuditEvent;
}

function mask(address: string): string {
  if (address.length <= 2 * KEPT) return '*'.repeat(address.length);
  const hidden = '*'.repeat(address.length - 2 * KEPT);
  return `${address.slice(0, KEPT)}${hidden}${address.slice(-KEPT)}`;
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
=======
const PHONE_NUMBER = /\+?\d{7,15}/g;
const SIP_USER = /^(sips?:)([^@;]*)/i;

/**
 * Masks an address for the log: of a number, the first two and the last two digits stay; of a SIP
 * address, the host stays.
 */
export function maskAddress(address: string): string {
  if (SIP_USER.test(address)) return address.replace(SIP_USER, '$1***');
  return maskNumbers(address);
}

/** Masks every telephone number in a text. */
export function maskNumbers(text: string): string {
  return text.replace(
    PHONE_NUMBER,
    (number) => `${number.slice(0, number.startsWith('+') ? 3 : 2)}***${number.slice(-2)}`,
  );
}

/**
 * An event as it goes into the log: addresses of outside parties masked, wherever they occur.
 * @param audit the `audit` object of an event
 */
export function maskAddresses(audit: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const addresses = addressesOf(audit.participants);
  const mask = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return addresses.reduce(
        (text, address) => text.replaceAll(address, maskAddress(address)),
        value,
      );
    }
    if (Array.isArray(value)) return value.map(mask);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mask(part)]));
  };
  return mask(audit) as Record<string, unknown>;
}

function addressesOf(participants: unknown): string[] {
  if (!Array.isArray(participants)) return [];
  const addresses = participants.flatMap(({ address } = {}) =>
    typeof address === 'string' && address !== '' ? [address] : [],
  );
  // Longest first: one address can be a part of another one.
  return addresses.sort((one, other) => other.length - one.length);
>>>>>>> b7285d5 (wip)
}
