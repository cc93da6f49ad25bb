import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type AllowEntry, isAllowedAddress, isAllowedHost } from './allow-list.ts';
import { webhookErrors } from './errors.ts';
import { isPublicAddress } from './public-address.ts';

/** All addresses of a name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Where a delivery may connect to: these addresses and no others, whatever the name leads to a moment later. */
export interface Target {
  readonly url: URL;
  readonly addresses: readonly string[];
}

/** Longer than this is no resolver's answer worth waiting for. */
const RESOLVE_MS = 5_000;

export const resolveByDns: Resolve = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/**
 * Finds the addresses of a URL and refuses it unless each is public, or allowed by name or network; without TLS only
 * what is allowed. @throws WEBHOOKS_URL_INVALID, WEBHOOKS_HOST_UNKNOWN, WEBHOOKS_ADDRESS_REFUSED, WEBHOOKS_HTTPS_NEEDED
 */
export async function checkTarget(
  text: string,
  { allow, resolve }: { readonly allow: readonly AllowEntry[]; readonly resolve: Resolve },
): Promise<Target> {
  const url = parseTarget(text);
  // The parser of URLs has turned every spelling of an address into the usual one by now.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) === 0 ? await resolveInTime(host, resolve) : [host];
  if (addresses.length === 0) throw webhookErrors.HOST_UNKNOWN({ host });
  const trusted = isAllowedHost(allow, host);
  for (const address of addresses) {
    if (trusted || (isIP(address) !== 0 && isAllowedAddress(allow, address))) continue;
    if (isIP(address) === 0 || !isPublicAddress(address)) throw webhookErrors.ADDRESS_REFUSED({ host, address });
    if (url.protocol === 'http:') throw webhookErrors.HTTPS_NEEDED({ host });
  }
  return { url, addresses };
}

function parseTarget(text: string): URL {
  if (!URL.canParse(text)) throw webhookErrors.URL_INVALID({ problem: 'it cannot be read' });
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw webhookErrors.URL_INVALID({ problem: `${url.protocol} is neither https: nor http:` });
  }
  if (url.username !== '' || url.password !== '') {
    throw webhookErrors.URL_INVALID({ problem: 'it carries a user name or password' });
  }
  return url;
}

async function resolveInTime(host: string, resolve: Resolve): Promise<readonly string[]> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('the resolver did not answer')), RESOLVE_MS);
  try {
    return await Promise.race([resolve(host), late]);
  } catch (cause) {
    throw webhookErrors.HOST_UNKNOWN({ host }, { cause });
  } finally {
    clearTimeout(timer);
  }
}
