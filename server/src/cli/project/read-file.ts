import { readFile } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import type { Io } from '../command.ts';
import { type MadeSnapshot, makeSnapshot } from '../snapshot/make-snapshot.ts';
import { projectCliErrors } from './errors.ts';

export interface ReadFile {
  /** As errors call it. */
  readonly file: string;
  readonly text: string;
  /** Absolute. */
  readonly path: string;
}

export const fileOptions = {
  file: { type: 'string', short: 'f', value: 'FILE', meaning: 'The project file (bucle.yaml).' },
} as const;

export const codeOptions = {
  ...fileOptions,
  'allow-secret': {
    type: 'string',
    multiple: true,
    value: 'PATH',
    meaning: 'A file that looks like a secret and is none; may be said several times.',
  },
} as const;

/** @throws CLI_PROJECT_NO_FILE */
export async function readProjectFile({ cwd }: Pick<Io, 'cwd'>, given: string | undefined): Promise<ReadFile> {
  const path = resolve(cwd, given ?? 'bucle.yaml');
  try {
    const file = relative(cwd, path);
    return { file: file.startsWith('..') ? path : file, text: await readFile(path, 'utf8'), path };
  } catch (error) {
    throw projectCliErrors.NO_FILE({ path, reason: (error as NodeJS.ErrnoException).code ?? 'unreadable' });
  }
}

/** The folder of the file is the code of its jobs; without jobs nothing is sent. */
export async function sendCode(
  io: Io,
  { text, path }: ReadFile,
  allowed: readonly string[],
): Promise<{ code?: { snapshot: string; git: MadeSnapshot['git'] } }> {
  if (!/^["']?jobs["']?\s*:/m.test(text)) return {};
  // The file itself is no code: a new threshold in it is no new code of a job.
  const project = { root: dirname(path), allowed: new Set(allowed), leftOut: new Set(['bucle.yaml', basename(path)]) };
  const { id, git } = await makeSnapshot(io, project);
  return { code: { snapshot: id, git } };
}
