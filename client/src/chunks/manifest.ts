import { MAX_CHUNK } from './find-cut.ts';
import type { Hashing } from './hashing.ts';
import { comparePaths, pathProblem } from './manifest-path.ts';

export const MANIFEST_FORMAT = 'bucle.manifest.v1';

/** One chunk: lower-case hex of its SHA-256, and its length in bytes. */
export type ChunkRef = readonly [hash: string, length: number];

export interface ManifestFile {
  readonly path: string;
  /** Bytes: the sum of the lengths of the chunks. */
  readonly size: number;
  /** Of the whole file, lower-case hex. */
  readonly sha256: string;
  /** In order; none for an empty file. */
  readonly chunks: readonly ChunkRef[];
}

/** The content of a dataset version. Its id is the SHA-256 of {@link canonicalManifest}; see docs/manifest-v1.md. */
export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  /** Sorted by {@link comparePaths}. */
  readonly files: readonly ManifestFile[];
}

export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

/** A manifest of these files, sorted and checked. */
export function createManifest(files: Iterable<ManifestFile>): Manifest {
  const sorted = [...files].sort((a, b) => comparePaths(a.path, b.path));
  return parseManifest({ format: MANIFEST_FORMAT, files: sorted });
}

/** RFC 8785 (JSON Canonicalization Scheme): keys sorted, no space between tokens. */
export function canonicalManifest(manifest: Manifest): string {
  const files = manifest.files.map((file) => {
    const chunks = file.chunks.map(([hash, length]) => `["${hash}",${length}]`).join(',');
    return `{"chunks":[${chunks}],"path":${JSON.stringify(file.path)},"sha256":"${file.sha256}","size":${file.size}}`;
  });
  return `{"files":[${files.join(',')}],"format":"${MANIFEST_FORMAT}"}`;
}

/** The id of the dataset version: 64 hex digits. MLflow's digest is the first 32. */
export async function manifestId(manifest: Manifest, hashing: Hashing): Promise<string> {
  const hash = hashing.start();
  hash.update(new TextEncoder().encode(canonicalManifest(manifest)));
  return hash.digest();
}

/** Checks every rule of manifest v1 that can be checked without the bytes. Throws {@link ManifestError}. */
export function parseManifest(value: unknown): Manifest {
  const { format, files } = asRecord(value, 'a manifest', ['files', 'format']);
  if (format !== MANIFEST_FORMAT)
    throw new ManifestError(`The format ${JSON.stringify(format)} is not ${MANIFEST_FORMAT}.`);
  if (!Array.isArray(files) || files.length === 0) throw new ManifestError('A manifest lists at least one file.');
  const parsed = files.map(parseFile);
  checkPaths(parsed);
  return { format, files: parsed };
}

function parseFile(value: unknown): ManifestFile {
  const file = asRecord(value, 'a file of a manifest', ['chunks', 'path', 'sha256', 'size']);
  const { path, sha256, size, chunks } = file;
  if (typeof path !== 'string') throw new ManifestError('A file of a manifest has a path.');
  const refuse = (problem: string) => new ManifestError(`The path ${JSON.stringify(path.slice(0, 200))} ${problem}.`);
  const problem = pathProblem(path);
  if (problem !== null) throw refuse(problem);
  if (!isHash(sha256)) throw refuse('has no sha256 of 64 lower-case hex digits');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw refuse('has no valid size');
  if (!Array.isArray(chunks)) throw refuse('has no list of chunks');
  const refs = chunks.map((chunk) => parseChunk(chunk, refuse));
  const total = refs.reduce((sum, [, length]) => sum + length, 0);
  if (total !== size) throw refuse(`has ${size} bytes, but its chunks have ${total}`);
  if (refs.length === 1 && refs[0]?.[0] !== sha256) throw refuse('has one chunk, and another sha256 than that chunk');
  if (refs.length === 0 && sha256 !== EMPTY_SHA256) throw refuse('is empty, but its sha256 is not that of nothing');
  return { path, size, sha256, chunks: refs };
}

function parseChunk(value: unknown, refuse: (problem: string) => ManifestError): ChunkRef {
  if (!Array.isArray(value) || value.length !== 2) throw refuse('has a chunk that is not [hash, length]');
  const [hash, length] = value as unknown[];
  if (!isHash(hash)) throw refuse('has a chunk without a hash of 64 lower-case hex digits');
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 1 || length > MAX_CHUNK) {
    throw refuse(`has a chunk whose length is not between 1 and ${MAX_CHUNK}`);
  }
  return [hash, length];
}

function checkPaths(files: readonly ManifestFile[]): void {
  const paths = new Set<string>();
  let previous: string | undefined;
  for (const { path } of files) {
    const order = previous === undefined ? -1 : comparePaths(previous, path);
    if (order === 0) throw new ManifestError(`The path ${JSON.stringify(path)} is listed twice.`);
    if (order > 0) throw new ManifestError(`The path ${JSON.stringify(path)} is not in order (by bytes of UTF-8).`);
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const folder = path.slice(0, slash);
      if (paths.has(folder)) throw new ManifestError(`The path ${JSON.stringify(folder)} is a file and a folder.`);
    }
    paths.add(path);
    previous = path;
  }
}

function asRecord(value: unknown, what: string, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ManifestError(`This is not ${what}.`);
  const extra = Object.keys(value).find((key) => !keys.includes(key));
  if (extra !== undefined) throw new ManifestError(`${JSON.stringify(extra)} is no field of ${what}.`);
  return value as Record<string, unknown>;
}

/** 64 lower-case hex digits. */
export function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
