import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { classifyAddress } from './classify-address.ts';
import { isLoopbackName, refuseAddress } from './webhook-url.ts';

export interface CheckedLookupOptions {
  /** `WEBHOOK_ALLOW_PRIVATE`. */
  allowPrivate: boolean;
  /** Default: the system's resolver. */
  resolve?: (
    hostname: string,
    options: { all: true },
    callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
  ) => void;
}

/**
 * Name resolution that gives out only addresses where webhooks may go. The connection is made to an
 * address given out here and the name is not resolved again, so a name server that answers
 * otherwise the next time (DNS rebinding) gains nothing.
 *
 * `localhost` may be loopback and nothing else. Any other name that leads to loopback is treated as
 * one that leads into a private network: whoever owns the name does not own this machine.
 */
export function createCheckedLookup({
  allowPrivate,
  resolve = systemLookup,
}: CheckedLookupOptions): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) {
        callback(error, []);
        return;
      }
      const allowed: LookupAddress[] = [];
      let refusal = 'no address';
      for (const candidate of found) {
        const refused = refuseCandidate(hostname, candidate, allowPrivate);
        if (refused) refusal = refused;
        else allowed.push(candidate);
      }
      const [first] = allowed;
      if (!first) callback(new Error(`${hostname} resolves to ${refusal}`), []);
      else if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** Why an address may not be connected to; `undefined` if it may. */
function refuseCandidate(hostname: string, { address }: LookupAddress, allowPrivate: boolean) {
  const kind = classifyAddress(address);
  if (!isLoopbackName(hostname)) return refuseAddress(kind, allowPrivate);
  return kind === 'loopback' ? undefined : 'an address that is not loopback';
}
