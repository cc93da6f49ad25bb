import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { Lock } from './environment.ts';
import { environmentErrors } from './errors.ts';

/** The text of a lock with all that it includes, as one digest. */
export interface ReadLock {
  /** How the lock is called in messages. */
  readonly name: string;
  readonly digest: string;
  /** Paths in the lock that point to code beside it: the environment depends on that code too. */
  readonly localPaths: readonly string[];
}

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_FILES = 100;

/** @throws ENVIRONMENT_LOCK_MISSING when a file is missing, too large, or lies outside its root */
export async function readLock(lock: Lock): Promise<ReadLock> {
  if (lock.kind === 'uv.lock') {
    const texts = await Promise.all(['uv.lock', 'pyproject.toml'].map((name) => readText(join(lock.folder, name))));
    return { name: 'uv.lock', digest: digestOf(texts), localPaths: [] };
  }
  const files = await readRequirements(lock.file, resolve(lock.root ?? dirname(lock.file)));
  return {
    name: basename(lock.file),
    digest: digestOf(files.flatMap(({ path, text }) => [path, text])),
    localPaths: files.flatMap(({ text }) => requirementLines(text).filter(isLocalPath)),
  };
}

/** A requirements file and all that it includes, each once; paths are relative to the root. */
async function readRequirements(first: string, root: string): Promise<{ path: string; text: string }[]> {
  const top = await realpath(root).catch(() => root);
  const files = new Map<string, string>();
  const waiting = [first];
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const real = await realpath(file).catch(() => missing(file ?? first, 'does not exist'));
    if (!real.startsWith(top + sep)) missing(file, 'lies outside the project');
    if (files.has(real)) continue;
    const text = await readText(real);
    files.set(real, text);
    if (files.size > MAX_FILES) missing(file, `is one of more than ${MAX_FILES} files that include each other`);
    waiting.push(...includedFiles(text).map((path) => resolve(dirname(real), path)));
  }
  return [...files].map(([real, text]) => ({ path: relative(top, real), text }));
}

function includedFiles(text: string): string[] {
  return requirementLines(text).flatMap((line) => {
    const path = /^(?:-r|-c|--requirement|--constraint)[\s=]*(.+)$/.exec(line)?.[1];
    return path === undefined ? [] : [path.trim()];
  });
}

/** Logical lines without comments and continuations. */
export function requirementLines(text: string): string[] {
  return text
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** `.`, `./package`, `-e ../other`, `file:…`: a package that is built from files beside the lock. */
export function isLocalPath(line: string): boolean {
  const target = line.replace(/^(-e|--editable)[\s=]*/, '');
  return /^(\.{1,2}($|[/[\s;])|\/|file:)/.test(target) || /@\s*file:/.test(target);
}

function digestOf(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}\n`).update(text);
  return hash.digest('hex');
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) =>
    missing(path, error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`),
  );
  if (bytes.length > MAX_BYTES) missing(path, `is larger than ${MAX_BYTES} bytes`);
  return bytes.toString('utf8');
}

function missing(path: string, problem: string): never {
  throw environmentErrors.LOCK_MISSING({ path: basename(path), problem });
}
