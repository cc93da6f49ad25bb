import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Client, fillPath } from '@bucle/client';
import { type Manifest, type ManifestFile, manifestId, parseManifest } from '@bucle/client/chunks';
import { defineCommand, type Io, UsageError } from '../command.ts';
import { dataCliErrors } from './errors.ts';
import { fetchChunks } from './fetch-chunks.ts';
import { formatBytes, plural } from './format.ts';
import { nodeHashing } from './node-hashing.ts';
import { startProgress } from './progress.ts';
import { PARTIAL_FOLDER, surveyTarget } from './survey-target.ts';
import { getVersion, parseRef, shortRef, type Version } from './version.ts';
import { findPartials, writeFile } from './write-file.ts';

export const command = defineCommand({
  summary: 'Write the files of a dataset version into a folder, verified.',
  usage: 'NAME[@N] [DIR]',
  options: {},
  async run({ args }, io) {
    const [text, folder] = args;
    if (text === undefined || args.length > 2) {
      throw new UsageError(
        'data pull needs a NAME or NAME@N, and perhaps a folder: bucle data pull flights@1 ./flights',
      );
    }
    const ref = parseRef(text);
    const version = await getVersion(io.client, ref, io.signal);
    const manifest = await getManifest(io.client, version, io.signal);
    const target = resolve(io.cwd, folder ?? ref.name);
    const present = await surveyTarget(target, manifest, shortRef(version));
    const lacking = manifest.files.filter(({ path }) => !present.has(path));
    const fetched = await pullFiles(io, { target, ref: shortRef(version), lacking });
    await rm(join(target, PARTIAL_FOLDER), { recursive: true, force: true });
    if (io.json) {
      io.printJson({
        ref: version.ref,
        id: version.id,
        path: target,
        files: version.files,
        bytes: version.bytes,
        fetched_bytes: fetched,
      });
      return 0;
    }
    io.print(target);
    const kept = present.size === 0 ? '' : `; ${plural(present.size, 'file')} there already`;
    io.note(`${shortRef(version)}: ${plural(version.files, 'file')}, ${formatBytes(version.bytes)}, verified${kept}.`);
    return 0;
  },
});

/** The list of files, which is what its id says. @throws CLI_DAMAGED */
async function getManifest(client: Client, version: Version, signal: AbortSignal): Promise<Manifest> {
  const path = fillPath('/api/v1/datasets/{name}/versions/{number}/manifest', {
    name: version.name,
    number: version.number,
  });
  const manifest = parseManifest(await client.request('GET', path, { signal }));
  if ((await manifestId(manifest, nodeHashing)) !== version.id) {
    throw dataCliErrors.DAMAGED({ what: `the list of files of ${shortRef(version)}` });
  }
  return manifest;
}

interface Pull {
  readonly target: string;
  readonly ref: string;
  readonly lacking: readonly ManifestFile[];
}

/** Answers how many bytes had to be fetched. */
async function pullFiles(io: Io, { target, ref, lacking }: Pull): Promise<number> {
  if (lacking.some(({ path }) => path === PARTIAL_FOLDER || path.startsWith(`${PARTIAL_FOLDER}/`))) {
    throw dataCliErrors.TARGET_TAKEN({ path: PARTIAL_FOLDER, reason: 'Bucle needs that name itself.', ref });
  }
  const partials = await findPartials(target, lacking);
  const refs = partials.flatMap(({ file, chunks }) => file.chunks.slice(chunks));
  const total = refs.reduce((sum, [, length]) => sum + length, 0);
  const progress = startProgress(io, 'pulling', total);
  const chunks = fetchChunks(io, refs);
  const next = async () => {
    const { value, done } = await chunks.next();
    if (done === true) throw dataCliErrors.DAMAGED({ what: 'the list of chunks' });
    progress.add(value.length);
    return value;
  };
  try {
    for (const partial of partials) {
      io.signal.throwIfAborted();
      progress.at(partial.file.path);
      await writeFile(target, partial, next, ref);
    }
    return total;
  } catch (error) {
    progress.end();
    if (io.signal.aborted) io.note('Interrupted. What was fetched is kept: pull again into the same folder to go on.');
    throw error;
  } finally {
    progress.end();
    await chunks.return(undefined);
  }
}
