import { BlockList, isIP } from 'node:net';
import { isLoopback } from './loopback.ts';

/** Addresses that no page of the internet has: RFC 1918, RFC 4193 and link-local ones. */
const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  privateNetworks.addSubnet(network, prefix, 'ipv4');
}
privateNetworks.addSubnet('fc00::', 7, 'ipv6');
privateNetworks.addSubnet('fe80::', 10, 'ipv6');

/** What a Host header or an origin says: `name` in lower case, IPv6 without brackets; `port` is '' when none is said. */
export interface HostPort {
  readonly name: string;
  readonly port: string;
}

/** `null` for what is no host: a user, a path, an unclosed bracket. */
export function readHost(text: string): HostPort | null {
  const [, inner, plain, port = ''] = /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]]+))(?::(\d{0,5}))?$/i.exec(text) ?? [];
  const name = (inner ?? plain)?.toLowerCase().replace(/\.$/, '');
  return name === undefined || name === '' ? null : { name, port };
}

export type HostTest = (host: HostPort) => boolean;

/**
 * Whether a Host header names this server. Loopback always does. A listed pattern without a port stands for any port;
 * `*` stands for any text, but a pattern of an address only ever matches addresses. Where nothing is listed, private
 * addresses do too: a page that reached us by rebinding a name would say that name, never an address.
 */
export function hostTest(own: readonly string[], allowed: readonly string[]): HostTest {
  const patterns = allowed.map(compilePattern);
  const ownNames = own.map((one) => one.replace(/^\[|\]$/g, '').toLowerCase());
  const all = allowed.includes('*');
  return ({ name, port }) => {
    if (all || ownNames.includes(name) || isLoopback(name)) return true;
    if (patterns.some((matches) => matches({ name, port }))) return true;
    return allowed.length === 0 && (name === '0.0.0.0' || isPrivate(name));
  };
}

/** A pattern of what goes by its whole text: an origin. */
export function textTest(patterns: readonly string[]): (text: string) => boolean {
  const tests = patterns.map(wildcard);
  return (text) => tests.some((matches) => matches(text));
}

function compilePattern(pattern: string): HostTest {
  const lower = pattern.toLowerCase();
  const bare = isIP(lower) === 6 ? { name: lower, port: '' } : splitPattern(lower);
  const matchesName = wildcard(bare.name);
  const matchesPort = wildcard(bare.port);
  const ofAddress = /^[\d.*]+$/.test(bare.name) && /\d/.test(bare.name);
  return ({ name, port }) => {
    if (ofAddress && isIP(name) !== 4) return false;
    return matchesName(name) && (bare.port === '' || matchesPort(port));
  };
}

function splitPattern(pattern: string): HostPort {
  const [, inner, plain = '', port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::([\d*]*))?$/.exec(pattern) ?? [];
  return { name: inner ?? plain, port };
}

/** `*` for any text: by parts and without a regular expression, so that no pattern is slow. */
function wildcard(pattern: string): (text: string) => boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

function isPrivate(name: string): boolean {
  const family = isIP(name);
  return family !== 0 && privateNetworks.check(name, family === 4 ? 'ipv4' : 'ipv6');
}
