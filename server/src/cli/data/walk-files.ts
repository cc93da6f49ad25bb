import { type Stats, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { comparePaths, pathProblem } from '@bucle/client/chunks';
import { BucleError } from '../../platform/errors.ts';

export interface LocalFile {
  /** Its path in the manifest. */
  readonly path: string;
  readonly absolute: string;
  readonly size: number;
}

/** Every file below a folder, or one file under its own name; sorted as a manifest is. @throws CLI_PATH */
export async function walkFiles(root: string): Promise<LocalFile[]> {
  const info = await stat(root).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'ENOENT' ? 'there is no such file or folder' : cause.message;
    throw pathError(`${root}: ${reason}.`, 'Check the path: it is looked for from the current folder.');
  });
  if (info.isFile()) return [checked({ path: basename(root), absolute: root, size: info.size })];
  if (!info.isDirectory()) throw pathError(`${root} is neither a file nor a folder.`);
  const files: LocalFile[] = [];
  await walk(root, '', files);
  if (files.length === 0) throw pathError(`${root} holds no file.`, 'Push a file, or a folder that holds some.');
  return files.sort((a, b) => comparePaths(a.path, b.path));
}

async function walk(folder: string, prefix: string, files: LocalFile[]): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const absolute = join(folder, entry.name);
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) {
      await walk(absolute, `${path}/`, files);
      continue;
    }
    const info = statOne(absolute);
    // A link to a folder could lead in a circle, or out of what somebody means to publish.
    if (entry.isSymbolicLink() && info.isDirectory()) throw pathError(`${absolute} is a link to a folder.`);
    if (!info.isFile()) throw pathError(`${absolute} is not a file; a dataset holds files only.`);
    files.push(checked({ path, absolute, size: info.size }));
  }
}

// Blocking on purpose: for many files, waiting costs more than asking.
function statOne(absolute: string): Stats {
  try {
    return statSync(absolute);
  } catch (cause) {
    throw pathError(`${absolute} cannot be read: ${(cause as Error).message}.`);
  }
}

function checked(file: LocalFile): LocalFile {
  const problem = file.path.includes('\ufffd') ? 'is no valid UTF-8' : pathProblem(file.path);
  if (problem !== null) throw pathError(`The name ${JSON.stringify(file.path)} ${problem}.`);
  return file;
}

function pathError(message: string, next = 'Move or rename it, or push another path.'): BucleError {
  return new BucleError('CLI_PATH', { status: 400, message: '{message}', next: '{next}' }, { message, next });
}
