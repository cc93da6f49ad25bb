import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import ignore from 'ignore';

/** Never part of the code of a job: histories, installed packages, caches, and what Bucle itself keeps. */
const ALWAYS = ['.git', '.hg', '.svn', 'node_modules', '__pycache__', '.venv', '.bucle'];
/** A folder that holds one of these is an installed Python environment. */
const ENVIRONMENT_MARKS = ['pyvenv.cfg', 'conda-meta'];

/** Whether a path below the project is left out; that of a folder ends with a slash. */
export type IsLeftOut = (path: string) => boolean;

/** The rules of `.bucleignore` (gitignore syntax), after those that always hold. */
export async function loadIgnoreRules(root: string, dataDir: string): Promise<IsLeftOut> {
  const own = await readFile(join(root, '.bucleignore'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const written = ignore({ ignorecase: false }).add(own);
  const always = ignore({ ignorecase: false }).add(ALWAYS);
  const data = `${relative(root, dataDir).split(sep).join('/')}/`;
  const environments = new Map<string, boolean>();
  const isEnvironment = (folder: string) => {
    const known = environments.get(folder);
    if (known !== undefined) return known;
    const found = ENVIRONMENT_MARKS.some((mark) => existsSync(join(root, folder, mark)));
    environments.set(folder, found);
    return found;
  };
  return (path) =>
    path.startsWith(data) || always.ignores(path) || written.ignores(path) || foldersOf(path).some(isEnvironment);
}

function foldersOf(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_name, index) => names.slice(0, index + 1).join('/'));
}
