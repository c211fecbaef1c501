import { type LookupAddress, Resolver } from 'node:dns';
import { isIP } from 'node:net';
import { isLoopbackName } from './webhook-url.ts';

const TIMEOUT_MS = 2_000;
const TRIES = 2;

export type ResolveHost = (
  hostname: string,
  options: { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Resolves a host name over DNS sockets of its own. `dns.lookup` runs on libuv's four threads, and a
 * name server that does not respond would block every other lookup of the process, that of SQS
 * included (Node.js documentation, "Implementation considerations" of `node:dns`).
 * The hosts file is not read; loopback names resolve to the loopback addresses.
 * @param servers `address:port` of name servers. Default: those of the system.
 */
export function createResolveHost(servers?: readonly string[]): ResolveHost {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers) resolver.setServers(servers);
  return (hostname, _, callback) => {
    const family = isIP(hostname);
    if (family !== 0) return callback(null, [{ address: hostname, family }]);
    if (isLoopbackName(hostname)) {
      const loopback = [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ];
      return callback(null, loopback);
    }
    const found: LookupAddress[] = [];
    let failure: NodeJS.ErrnoException | null = null;
    let pending = 2;
    const collect =
      (addressFamily: 4 | 6) => (error: NodeJS.ErrnoException | null, addresses?: string[]) => {
        failure ??= error;
        for (const address of addresses ?? []) found.push({ address, family: addressFamily });
        pending -= 1;
        if (pending > 0) return;
        if (found.length > 0)
          callback(
            null,
            found.sort((one, other) => one.family - other.family),
          );
        else callback(failure ?? new Error(`${hostname} has no address`), []);
      };
    resolver.resolve4(hostname, collect(4));
    resolver.resolve6(hostname, collect(6));
  };
}
