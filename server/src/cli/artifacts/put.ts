import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { defineCommand, type Io, UsageError } from '../command.ts';
import { formatBytes, plural } from '../data/format.ts';
import { startProgress } from '../data/progress.ts';
import { withRetries } from '../retry.ts';
import { type ArtifactRoot, filesBelow, openRoot, tidyPath } from './artifact-root.ts';
import { artifactErrors } from './errors.ts';

interface LocalFile {
  readonly file: string;
  /** From the root of the artifacts. */
  readonly path: string;
  readonly size: number;
}

export const command = defineCommand({
  summary: 'Send a file, or what is in a folder, to the artifacts of a run or a logged model.',
  usage: 'FILE|DIR run:RUN|model:m-…|mlflow-artifacts:/PATH [PATH] [--resume]',
  options: {
    resume: { type: 'boolean', meaning: 'Leave out files that are there with the same size.' },
  },
  async run({ values, args }, io) {
    const [local, word, given] = args;
    if (local === undefined || args.length > 3) {
      throw new UsageError(
        'artifacts put needs a FILE or DIR, and where: bucle artifacts put model.pkl run:RUN models',
      );
    }
    const root = await openRoot(io, word, 'artifacts put');
    const folder = tidyPath(given);
    const all = await localFiles(resolve(io.cwd, local), folder);
    // Before anything is read: whether this server writes there at all.
    root.write(folder);
    const there = values.resume === true ? await sizesOf(root, folder) : new Map<string, number>();
    const files = all.filter(({ path, size }) => there.get(path) !== size);
    await sendFiles(io, root, files);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    if (io.json) {
      const paths = all.map(({ path }) => path);
      io.printJson({ where: root.where, paths, sent_files: files.length, sent_bytes: bytes });
      return 0;
    }
    for (const { path } of all) io.print(path);
    const kept = all.length - files.length;
    const rest = kept === 0 ? '' : `; ${plural(kept, 'file')} there already`;
    io.note(`${root.where}: ${plural(files.length, 'file')}, ${formatBytes(bytes)}${rest}.`);
    return 0;
  },
});

async function sendFiles(io: Io, root: ArtifactRoot, files: readonly LocalFile[]): Promise<void> {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const progress = startProgress(io, 'sending', bytes);
  try {
    for (const file of files) {
      progress.at(file.path);
      await sendFile(io, root, file, (bytes) => progress.add(bytes));
    }
  } catch (error) {
    progress.end();
    if (io.signal.aborted) io.note('Interrupted. Files that were sent are there: --resume leaves them out.');
    throw error;
  } finally {
    progress.end();
  }
}

function sendFile(
  io: Io,
  root: ArtifactRoot,
  { file, path }: LocalFile,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const request = root.write(path);
  return withRetries(io, async () => {
    let sent = 0;
    const counted = async function* () {
      for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
        sent += (chunk as Uint8Array).length;
        onBytes((chunk as Uint8Array).length);
        yield chunk as Uint8Array;
      }
    };
    try {
      const body = Readable.toWeb(Readable.from(counted(), { objectMode: false })) as ReadableStream<Uint8Array>;
      await io.client.send('PUT', request.path, { body, signal: io.signal });
    } catch (error) {
      onBytes(-sent);
      throw error;
    }
  });
}

async function sizesOf(root: ArtifactRoot, folder: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { path, file_size = 0 } of filesBelow(root, folder)) sizes.set(path, file_size);
  return sizes;
}

/** The file itself, or the files in a folder and below it; links are followed for the first word only. */
async function localFiles(start: string, folder: string): Promise<LocalFile[]> {
  const info = await stat(start).catch((error: Error) => {
    throw artifactErrors.LOCAL_FILE_MISSING({ path: start, reason: error.message });
  });
  const below = (name: string) => (folder === '' ? name : `${folder}/${name}`);
  if (!info.isDirectory()) return [{ file: start, path: below(basename(start)), size: info.size }];
  const entries = await readdir(start, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  if (files.length === 0) throw artifactErrors.LOCAL_FILE_MISSING({ path: start, reason: 'the folder has no files' });
  const found = files.toSorted().map(async (file) => ({
    file,
    path: below(file.slice(start.length + 1).replaceAll('\\', '/')),
    size: (await stat(file)).size,
  }));
  return Promise.all(found);
}
