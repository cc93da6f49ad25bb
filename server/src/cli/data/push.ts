import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ApiError, fillPath } from '@bucle/client';
import { canonicalManifest, createManifest, type Manifest, type ManifestFile } from '@bucle/client/chunks';
import { defineCommand, type Io, UsageError } from '../command.ts';
import { withRetries } from '../retry.ts';
import { dataCliErrors } from './errors.ts';
import { formatBytes, formatCount, plural } from './format.ts';
import { startProgress } from './progress.ts';
import { readLocalFile } from './read-file.ts';
import { type Sent, startSending } from './send-chunks.ts';
import { getVersion, parseRef, shortRef, type Version } from './version.ts';
import { waitForProfile } from './wait-for-profile.ts';
import { type LocalFile, walkFiles } from './walk-files.ts';

/** The server's limit. */
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;
const FILES_PER_TURN = 32;

export const command = defineCommand({
  summary: 'Store a file or a folder as the next version of a dataset.',
  usage: 'NAME PATH [--message TEXT] [--wait]',
  options: {
    message: { type: 'string', short: 'm', value: 'TEXT', meaning: 'What is in this version, for people.' },
    wait: { type: 'boolean', meaning: 'Wait until schema and profile are computed.' },
  },
  async run({ values, args }, io) {
    const [name, path] = args;
    if (name === undefined || path === undefined || args.length !== 2) {
      throw new UsageError('data push needs a NAME and one PATH: bucle data push flights ./flights');
    }
    const ref = parseRef(name);
    if (ref.version !== undefined) {
      throw new UsageError(`The server numbers the versions: bucle data push ${ref.name} ${path}`);
    }
    const files = await walkFiles(resolve(io.cwd, path));
    const before = await latestNumber(io, ref.name);
    const { manifest, sent } = await sendFiles(io, files);
    const version = await commit(io, ref.name, manifest, values.message);
    const created = version.number > before;
    const settled = values.wait === true ? await waitForProfile(io, version) : version;
    report(io, settled, sent, created);
    return settled.profile.state === 'failed' && values.wait === true ? 1 : 0;
  },
});

/** 0 for a new dataset. Refuses at once what would be refused at the end: no server, no token. */
async function latestNumber({ client, signal }: Io, name: string): Promise<number> {
  try {
    return (await getVersion(client, { name, version: 'latest' }, signal)).number;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return 0;
    throw error;
  }
}

async function sendFiles(io: Io, files: readonly LocalFile[]): Promise<{ manifest: Manifest; sent: Sent }> {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const progress = startProgress(io, 'pushing', total);
  const sender = startSending(io, (bytes) => progress.add(bytes));
  const entries: ManifestFile[] = [];
  try {
    for (const [index, file] of files.entries()) {
      // Small files are read without waiting; the network and Ctrl-C need their turns too.
      if (index % FILES_PER_TURN === 0) await nextTurn();
      io.signal.throwIfAborted();
      progress.at(file.path);
      entries.push(await readLocalFile(file, (chunk) => sender.add(chunk)));
    }
    return { manifest: createManifest(entries), sent: await sender.end() };
  } catch (error) {
    progress.end();
    if (io.signal.aborted) io.note('Interrupted. What was sent is kept: push again to go on from here.');
    throw error;
  } finally {
    progress.end();
  }
}

async function commit(io: Io, name: string, manifest: Manifest, message: string | undefined): Promise<Version> {
  const bytes = Buffer.byteLength(canonicalManifest(manifest));
  if (bytes > MAX_MANIFEST_BYTES) {
    throw dataCliErrors.MANIFEST_TOO_LARGE({ bytes: formatBytes(bytes), limit: formatBytes(MAX_MANIFEST_BYTES) });
  }
  const json = { manifest, ...(message === undefined ? {} : { message }) };
  const path = fillPath('/api/v1/datasets/{name}/versions', { name });
  // After a lost answer it is there already: the same content is the same version.
  return withRetries(io, () => io.client.request<Version>('POST', path, { json, signal: io.signal }));
}

function report(io: Io, version: Version, sent: Sent, created: boolean): void {
  if (io.json) {
    io.printJson({ ...version, created, sent: { chunks: sent.chunks, bytes: sent.bytes, sent_bytes: sent.sentBytes } });
    return;
  }
  const ref = shortRef(version);
  io.print(ref);
  const news =
    sent.bytes === 0
      ? 'all of it was stored already'
      : `${formatBytes(sent.bytes)} of it new, ${formatBytes(sent.sentBytes)} sent`;
  io.note(`${plural(version.files, 'file')}, ${formatBytes(version.bytes)}; ${news}.`);
  if (!created) io.note(`Same content as ${ref}: no new version.`);
  if (version.profile.state === 'pending') {
    io.note(`Schema and profile are being computed. See them: bucle data show ${ref}`);
  } else if (version.profile.state === 'failed') {
    io.note(
      `Stored, but schema and profile could not be computed: ${version.profile.reason ?? 'no reason was given.'}`,
    );
  } else if (version.rows !== null) {
    io.note(`${formatCount(version.rows)} rows. See schema and profile: bucle data show ${ref}`);
  }
}
