import { BlockList, isIP } from 'node:net';

/** One entry of BUCLE_WEBHOOK_ALLOW: a host by its name, or a network. */
export type AllowEntry =
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'network'; readonly address: string; readonly prefix: number };

const HOST = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i;

/** `hooks.example.org`, `10.1.0.0/16` or `::1`; null: none of them. */
export function parseAllowEntry(text: string): AllowEntry | null {
  const [address = '', length, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0) return HOST.test(text) && /[a-z]/i.test(text) ? { kind: 'host', host: text.toLowerCase() } : null;
  const widest = family === 4 ? 32 : 128;
  const prefix = length === undefined ? widest : Number(length);
  if (more.length > 0 || !/^\d{1,3}$/.test(length ?? '0') || prefix > widest) return null;
  return { kind: 'network', address, prefix };
}

export function isAllowedHost(allow: readonly AllowEntry[], host: string): boolean {
  return allow.some((entry) => entry.kind === 'host' && entry.host === host);
}

export function isAllowedAddress(allow: readonly AllowEntry[], address: string): boolean {
  const networks = new BlockList();
  for (const entry of allow) {
    if (entry.kind === 'network') networks.addSubnet(entry.address, entry.prefix, familyOf(entry.address));
  }
  return networks.check(address, familyOf(address));
}

export function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
