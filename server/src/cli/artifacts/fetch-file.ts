import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Io } from '../command.ts';
import { createPatience } from '../retry.ts';
import type { ArtifactRoot } from './artifact-root.ts';
import { artifactErrors } from './errors.ts';

export interface Wanted {
  /** From the root of the artifacts. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Where it goes. */
  readonly file: string;
}

/** `absent`, the `same` as the artifact by size and time, or something that `differs`. */
export async function surveyFile(
  io: Io,
  root: ArtifactRoot,
  { path, size, file }: Wanted,
): Promise<'absent' | 'same' | 'differs'> {
  const info = await stat(file).catch(() => null);
  if (info === null) return 'absent';
  if (!info.isFile() || info.size !== size) return 'differs';
  const request = root.read(path);
  const { headers } = await io.client.send('HEAD', request.path, { query: request.query, signal: io.signal });
  return Math.round(info.mtimeMs) === timeOf(headers) ? 'same' : 'differs';
}

/**
 * Writes one artifact: beside its place first, under the name of this very content, so that whoever comes later goes
 * on where this one broke off. @throws CLI_ARTIFACT_CUT
 */
export async function fetchFile(
  io: Io,
  root: ArtifactRoot,
  wanted: Wanted,
  onBytes: (bytes: number) => void,
): Promise<void> {
  await mkdir(dirname(wanted.file), { recursive: true });
  const patience = createPatience(io);
  for (;;) {
    try {
      return await fetchOnce(io, root, wanted, { onBytes, onNews: patience.reset });
    } catch (error) {
      await patience.wait(error);
    }
  }
}

interface Listener {
  /** So many are there now, or no longer. */
  onBytes(bytes: number): void;
  /** Something came. */
  onNews(): void;
}

async function fetchOnce(io: Io, root: ArtifactRoot, wanted: Wanted, { onBytes, onNews }: Listener): Promise<void> {
  const { path, query } = root.read(wanted.path);
  const { signal, client } = io;
  const { headers: about } = await client.send('HEAD', path, { query, signal });
  const etag = about.get('etag') ?? '';
  const size = Number(about.get('content-length') ?? wanted.size);
  const partial = await openPartial(wanted.file, etag);
  let at = (await partial.handle.stat()).size;
  if (at > size) at = 0;
  try {
    onBytes(at);
    if (at < size) {
      const headers: Record<string, string> = at === 0 ? {} : { range: `bytes=${at}-`, 'if-range': etag };
      const response = await client.send('GET', path, { query, signal, headers });
      if (response.status !== 206) {
        onBytes(-at);
        at = 0;
      }
      await partial.handle.truncate(at);
      for await (const chunk of response.body ?? []) {
        await partial.handle.write(chunk as Uint8Array, 0, (chunk as Uint8Array).length, at);
        at += (chunk as Uint8Array).length;
        onBytes((chunk as Uint8Array).length);
        onNews();
      }
    }
    if (at !== size) throw artifactErrors.ARTIFACT_CUT({ path: wanted.path, received: at, size });
    await partial.handle.sync();
  } catch (error) {
    onBytes(-at);
    throw error;
  } finally {
    await partial.handle.close();
  }
  const time = new Date(timeOf(about));
  await utimes(partial.path, time, time);
  await rename(partial.path, wanted.file);
}

/** The file of this content that is on its way; those of other contents of the same artifact go. */
async function openPartial(file: string, etag: string) {
  const folder = dirname(file);
  const prefix = `.${basename(file).slice(0, 150)}.bucle-partial-`;
  const name = `${prefix}${createHash('sha256')
    .update(`${basename(file)}\n${etag}`)
    .digest('hex')
    .slice(0, 16)}`;
  for (const other of await readdir(folder)) {
    if (other.startsWith(prefix) && other !== name) await rm(join(folder, other), { force: true });
  }
  const path = join(folder, name);
  const handle = await open(path, 'r+').catch(() => open(path, 'w+'));
  return { path, handle };
}

/**
 * The time that a file gets, by which it is known again: that of the artifact, which HTTP tells in whole seconds,
 * and in place of the milliseconds some digits of its ETag. Milliseconds since the epoch.
 */
function timeOf(headers: Headers): number {
  const time = Date.parse(headers.get('last-modified') ?? '') || 0;
  const digest = createHash('sha256')
    .update(headers.get('etag') ?? '')
    .digest();
  return Math.floor(time / 1000) * 1000 + (digest.readUInt32BE() % 1000);
}
