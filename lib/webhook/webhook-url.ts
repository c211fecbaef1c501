import { isIP } from 'node:net';
import { type AddressClass, classifyAddress } from './classify-address.ts';

/**
 * Checks `EXTERNAL_WEBHOOK_URL`: https, or http to a loopback address; no credentials; no address
 * to which webhooks must not be sent. A host name is checked when it is resolved (`createCheckedLookup`).
 * @throws Error that says what is wrong, without the URL, which may contain a secret of the receiver
 */
export function parseWebhookUrl(value: string, allowPrivate: boolean): URL {
  const url = URL.parse(value);
  if (!url || !/^https?:$/.test(url.protocol)) throw new Error('must be an https URL');
  if (url.username || url.password) {
    throw new Error('must not contain credentials: the signature identifies the sender');
  }
  const loopback = isLoopbackName(url.hostname);
  if (url.protocol === 'http:' && !loopback) {
    throw new Error('must be https, except to a loopback address');
  }
  const address = literalAddress(url.hostname);
  if (address && !loopback) {
    const refusal = refuseAddress(classifyAddress(address), allowPrivate);
    if (refusal) throw new Error(`points to ${refusal}`);
  }
  return url;
}

/** A loopback address, or the name that stands for one. `hostname` is a URL's. */
export function isLoopbackName(hostname: string): boolean {
  const address = literalAddress(hostname);
  return address ? classifyAddress(address) === 'loopback' : hostname === 'localhost';
}

/** Why webhooks must not be sent to an address of this class; `undefined` if they may. */
export function refuseAddress(kind: AddressClass, allowPrivate: boolean): string | undefined {
  if (kind === 'forbidden') return 'an address that is never allowed (link-local, reserved)';
  if (kind === 'public' || allowPrivate) return undefined;
  return `a ${kind} address, which needs WEBHOOK_ALLOW_PRIVATE=true`;
}

/** URLs write IPv6 addresses in brackets, and turn `127.1` or `0x7f000001` into `127.0.0.1`. */
function literalAddress(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) ? bare : undefined;
}
