import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { classifyAddress } from './classify-address.ts';
import { createResolveHost, type ResolveHost } from './resolve-host.ts';
import { isLoopbackName, refuseAddress } from './webhook-url.ts';

export interface CheckedLookupOptions {
  /** `WEBHOOK_ALLOW_PRIVATE`. */
  allowPrivate: boolean;
  /** Default: `createResolveHost()`. */
  resolve?: ResolveHost;
}

/**
 * Name resolution that returns only addresses where webhooks may go. The connection is made to an
 * address returned here and the name is not resolved again, which rules out DNS rebinding.
 *
 * `localhost` may only be loopback. Any other name that resolves to loopback is treated as one in a
 * private network.
 */
export function createCheckedLookup({
  allowPrivate,
  resolve = createResolveHost(),
}: CheckedLookupOptions): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { all: true }, (error, found) => {
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
