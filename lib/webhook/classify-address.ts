import { BlockList, isIP } from 'node:net';

/**
 * - `public`: reachable on the internet
 * - `private`: reachable from inside a network only
 * - `loopback`: this machine
 * - `forbidden`: no webhook can have it: link-local (which includes instance metadata), unspecified,
 *   multicast, reserved, documentation
 */
export type AddressClass = 'public' | 'private' | 'loopback' | 'forbidden';

/** IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890 and later additions). */
const RANGES: Record<Exclude<AddressClass, 'public'>, string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: [
    '10.0.0.0/8',
    '100.64.0.0/10', // carrier-grade NAT
    '172.16.0.0/12',
    '192.168.0.0/16',
    '198.18.0.0/15', // benchmarking
    'fc00::/7', // unique local
  ],
  forbidden: [
    '0.0.0.0/8',
    '169.254.0.0/16', // link-local: 169.254.169.254 and ECS's 169.254.170.2 give out credentials
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.88.99.0/24', // 6to4 relays
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/4', // multicast
    '240.0.0.0/4', // reserved, and broadcast
    'fd00:ec2::/32', // instance metadata over IPv6; unique local by its form
    '2001::/23', // protocol assignments, Teredo
    '2001:db8::/32',
    '2002::/16', // 6to4: leads to any IPv4 address
    '64:ff9b::127.0.0.0/104', // the loopback of a translator is not ours
    '3fff::/20',
  ],
};

/** NAT64 (RFC 6052): IPv4 addresses embedded in IPv6, for networks with a translator. */
const NAT64 = '64:ff9b::';
const NAT64_BITS = 96;

type Family = 'ipv4' | 'ipv6';

interface Lists {
  loopback: BlockList;
  private: BlockList;
  forbidden: BlockList;
  globalV6: BlockList;
}
let lists: Lists | undefined;

/** Sorts an IP address. IPv4 in IPv6 (mapped, NAT64) counts as the IPv4 address that it leads to. */
export function classifyAddress(address: string): AddressClass {
  const bare = address.replace(/%.*$/, '');
  const version = isIP(bare);
  if (version === 0) return 'forbidden';
  const family: Family = version === 4 ? 'ipv4' : 'ipv6';
  lists ??= buildLists();
  for (const kind of ['forbidden', 'loopback', 'private'] as const) {
    if (lists[kind].check(bare, family)) return kind;
  }
  return family === 'ipv4' || lists.globalV6.check(bare, family) ? 'public' : 'forbidden';
}

function buildLists(): Lists {
  const build = (ranges: string[]) => {
    const list = new BlockList();
    for (const range of ranges) {
      const [network = '', bits = ''] = range.split('/');
      const family = network.includes(':') ? 'ipv6' : 'ipv4';
      // A rule for IPv4 holds for IPv4-mapped addresses too (node:net, BlockList).
      list.addSubnet(network, Number(bits), family);
      if (family === 'ipv4' && ranges !== RANGES.loopback) {
        list.addSubnet(`${NAT64}${network}`, NAT64_BITS + Number(bits), 'ipv6');
      }
    }
    return list;
  };
  return {
    loopback: build(RANGES.loopback),
    private: build(RANGES.private),
    forbidden: build(RANGES.forbidden),
    // IANA allocates global unicast addresses from 2000::/3 only; the rest is special or unassigned.
    globalV6: build(['2000::/3', `${NAT64}/${NAT64_BITS}`, '::ffff:0.0.0.0/96']),
  };
}
