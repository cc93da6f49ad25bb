import { join, resolve } from 'node:path';
import { defineCommand, type Io, UsageError } from '../command.ts';
import { formatBytes, plural } from '../data/format.ts';
import { startProgress } from '../data/progress.ts';
import type { ArtifactFile } from '../runs/mlflow-client.ts';
import { type ArtifactRoot, filesBelow, openRoot, requireArtifact, tidyPath } from './artifact-root.ts';
import { artifactErrors } from './errors.ts';
import { fetchFile, surveyFile, type Wanted } from './fetch-file.ts';

export const command = defineCommand({
  summary: 'Write artifacts into a folder, under the paths that they have; run again to go on.',
  usage: 'run:RUN|model:m-…|mlflow-artifacts:/PATH [PATH] [--to DIR] [--overwrite]',
  options: {
    to: { type: 'string', value: 'DIR', meaning: 'The folder (the current one); - writes one file to stdout.' },
    overwrite: { type: 'boolean', meaning: 'Replace files that are there and differ.' },
  },
  async run({ values, args }, io) {
    const [word, given] = args;
    if (args.length > 2) throw new UsageError('artifacts get takes one place and perhaps a PATH in it.');
    const root = await openRoot(io, word, 'artifacts get');
    const found = await requireArtifact(root, tidyPath(given));
    if (values.to === '-') return printFile(io, root, found);
    const files: ArtifactFile[] = [];
    if (found.is_dir !== true) files.push(found);
    else for await (const file of filesBelow(root, found.path)) files.push(file);
    if (files.length === 0) throw artifactErrors.NO_ARTIFACTS({ where: root.where });
    const target = resolve(io.cwd, values.to ?? '.');
    const wanted = files.map((file) => wantedOf(root, file, target));
    const lacking = await lackingOf(io, root, wanted, values.overwrite === true);
    const bytes = lacking.reduce((sum, { size }) => sum + size, 0);
    const progress = startProgress(io, 'getting', bytes);
    try {
      for (const file of lacking) {
        progress.at(file.path);
        await fetchFile(io, root, file, (more) => progress.add(more));
      }
    } finally {
      progress.end();
    }
    const written = join(target, found.path);
    if (io.json) {
      io.printJson({ path: written, files: files.length, fetched_files: lacking.length, fetched_bytes: bytes });
      return 0;
    }
    io.print(written);
    const kept = files.length - lacking.length;
    const there = kept === 0 ? '' : `; ${plural(kept, 'file')} there already`;
    io.note(`${plural(lacking.length, 'file')}, ${formatBytes(bytes)}${there}.`);
    return 0;
  },
});

/** @throws CLI_UNSAFE_ARTIFACT for a path that leads out of the folder */
function wantedOf({ where }: ArtifactRoot, { path, file_size: size = 0 }: ArtifactFile, target: string): Wanted {
  const parts = path.split(/[/\\]/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a NUL ends a name
  if (parts.some((part) => part === '' || part === '.' || part === '..') || /^[A-Za-z]:|\u0000/.test(path)) {
    throw artifactErrors.UNSAFE_ARTIFACT({ where, path });
  }
  return { path, size, file: join(target, ...parts) };
}

/** Looks at every file before the first is written. @throws CLI_LOCAL_FILE_TAKEN */
async function lackingOf(io: Io, root: ArtifactRoot, wanted: readonly Wanted[], overwrite: boolean): Promise<Wanted[]> {
  const lacking: Wanted[] = [];
  for (const one of wanted) {
    const state = await surveyFile(io, root, one);
    if (state === 'differs' && !overwrite) throw artifactErrors.LOCAL_FILE_TAKEN({ path: one.file });
    if (state !== 'same') lacking.push(one);
  }
  return lacking;
}

async function printFile(io: Io, root: ArtifactRoot, found: ArtifactFile): Promise<number> {
  if (found.is_dir === true) throw new UsageError('--to - writes one file: name it, not a folder.');
  const { path, query } = root.read(found.path);
  const { body } = await io.client.send('GET', path, { query, signal: io.signal });
  for await (const chunk of body ?? []) io.stdout.write(chunk as Uint8Array);
  return 0;
}
