import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gitPaths } from './git.ts';
import type { IsLeftOut } from './ignore-rules.ts';

/** Paths of all files of a folder, except what is left out; `/` between names. */
export async function walkProject(root: string, isLeftOut: IsLeftOut, prefix = ''): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(root, prefix), { withFileTypes: true })) {
    const path = `${prefix}${entry.name}`;
    if (isLeftOut(entry.isDirectory() ? `${path}/` : path)) continue;
    if (entry.isDirectory()) paths.push(...(await walkProject(root, isLeftOut, `${path}/`)));
    else paths.push(path);
  }
  return paths;
}

export interface GitFiles {
  readonly paths: string[];
  /** Of these, those that git does not track. */
  readonly untracked: string[];
}

/** Tracked files, and untracked ones that git does not ignore, also in repositories within. */
export async function listGitFiles(root: string, isLeftOut: IsLeftOut, signal: AbortSignal): Promise<GitFiles> {
  const list = (args: readonly string[]) => gitPaths(root, ['ls-files', '-z', ...args], signal);
  const tracked = await list(['--cached', '--deduplicate']);
  const others = await list(['--others', '--exclude-standard']);
  const expand = async (paths: readonly string[]) => {
    const all: string[] = [];
    for (const path of paths) {
      if (isLeftOut(path)) continue;
      if (isFolder(join(root, path))) all.push(...(await listRepositoryWithin(root, path, isLeftOut, signal)));
      else all.push(path);
    }
    return all;
  };
  const untracked = await expand(others);
  return { paths: [...(await expand(tracked)), ...untracked], untracked };
}

// Git lists a submodule, and a repository that lies in another, as one name.
async function listRepositoryWithin(
  root: string,
  path: string,
  isLeftOut: IsLeftOut,
  signal: AbortSignal,
): Promise<string[]> {
  const folder = path.replace(/\/$/, '');
  const within: IsLeftOut = (inner) => isLeftOut(`${folder}/${inner}`);
  const absolute = join(root, folder);
  const paths = existsSync(join(absolute, '.git'))
    ? (await listGitFiles(absolute, within, signal)).paths
    : await walkProject(absolute, within);
  return paths.map((inner) => `${folder}/${inner}`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
