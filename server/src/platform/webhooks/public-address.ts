import { BlockList } from 'node:net';
import { familyOf } from './allow-list.ts';

// What the registries of IANA list as not globally reachable, and where clouds keep what they tell their machines.
const reserved4 = networks('ipv4', [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '168.63.129.16/32', '169.254.0.0/16'],
  ...['172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
]);
const global6 = networks('ipv6', ['2000::/3']);
// Protocols, documentation, and addresses in which one of IPv4 is hidden.
const reserved6 = networks('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/** False for loopback, private, link-local, multicast, reserved, and IPv6 that stands for an address of IPv4. */
export function isPublicAddress(address: string): boolean {
  if (familyOf(address) === 'ipv4') return !reserved4.check(address, 'ipv4');
  return global6.check(address, 'ipv6') && !reserved6.check(address, 'ipv6');
}

function networks(family: 'ipv4' | 'ipv6', list: readonly string[]): BlockList {
  const made = new BlockList();
  for (const network of list) {
    const [address = '', prefix] = network.split('/');
    made.addSubnet(address, Number(prefix), family);
  }
  return made;
}
