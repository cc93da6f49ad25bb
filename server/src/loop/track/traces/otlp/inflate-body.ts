import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';

/** Bytes of one report once it is unpacked: more than any client sends, and a bomb stops here. */
export const MAX_INFLATED = 64 * 1024 * 1024;

const options = { maxOutputLength: MAX_INFLATED };
const unzip = promisify(gunzip);
const unpack = promisify(inflate);
const unpackRaw = promisify(inflateRaw);

export type Inflated =
  | { readonly body: Buffer }
  /** `corrupt`: no such stream; `large`: it grows beyond {@link MAX_INFLATED}. */
  | { readonly problem: 'corrupt' | 'large' | 'encoding' };

/** `gzip`, and `deflate` with or without its header. */
export async function inflateBody(body: Buffer, encoding: string): Promise<Inflated> {
  if (encoding === 'gzip') return attempt(() => unzip(body, options));
  if (encoding !== 'deflate') return { problem: 'encoding' };
  const usual = await attempt(() => unpack(body, options));
  if (!('problem' in usual) || usual.problem === 'large') return usual;
  return attempt(() => unpackRaw(body, options));
}

async function attempt(inflated: () => Promise<Buffer>): Promise<Inflated> {
  try {
    return { body: await inflated() };
  } catch (error) {
    return { problem: (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'large' : 'corrupt' };
  }
}
