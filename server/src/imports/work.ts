import type { Client } from '@bucle/client';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Digests } from './digest-record.ts';
import type { Mapping } from './map-source.ts';
import { addDigests, type ImportReport } from './report.ts';
import { sameDigest } from './set-hash.ts';
import type { ArtifactOwner, MlflowSource } from './sources/source.ts';

export interface ImportOptions {
  /** Names of experiments; empty: all, and the registry with them. */
  readonly experiments: readonly string[];
  readonly prefix: string;
  readonly artifacts: boolean;
  readonly dryRun: boolean;
}

/** What the parts of an import share. */
export interface Work {
  readonly client: Client;
  readonly source: MlflowSource;
  readonly report: ImportReport;
  readonly mapping: Mapping;
  readonly id: string;
  readonly options: ImportOptions;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string, count: number) => void;
  /** Whose files are copied, once all rows are there. */
  readonly owners: ArtifactOwner[];
}

export function noteRefused({ report }: Work, what: string, refused: readonly string[]): void {
  for (const id of refused) {
    report.problems.push({ what: `${what} ${id}`, reason: 'it is in Bucle, and does not come from this source' });
  }
}

/** Null when its files stay where they are. */
export async function ownerOf(
  work: Work,
  kind: ArtifactOwner['kind'],
  { id, experiment, artifact_uri: uri }: { id: string; experiment: string; artifact_uri: string | null },
): Promise<ArtifactOwner | null> {
  if (!work.options.artifacts || uri === null) return null;
  const owner: ArtifactOwner = { kind, id, experiment, uri };
  const folder = await work.source.artifacts(owner);
  if (typeof folder !== 'string') return owner;
  work.report.problems.push({ what: `artifacts of ${kind} ${id}`, reason: folder });
  return null;
}

export async function digestsOf(work: Work, kind: string, ids: readonly string[]): Promise<Map<string, Digests>> {
  if (ids.length === 0) return new Map();
  const found: [string, Digests][] = [];
  for (const some of pieces(ids, 500)) {
    const answer = await work.client.request<{ found: { id: string; parts: Digests }[] }>(
      'POST',
      '/api/v1/imports/digests',
      { json: { kind, ids: some }, signal: work.signal },
    );
    for (const { id, parts } of answer.found) found.push([id, parts]);
  }
  return new Map(found);
}

/** Adds both sides to the report, and names what differs. */
export function compare({ report }: Work, what: string, source: Digests, bucle: Digests | undefined): void {
  addDigests(report, 'source', source);
  if (bucle) addDigests(report, 'bucle', bucle);
  for (const [kind, digest] of Object.entries(source)) {
    if (sameDigest(digest, bucle?.[kind])) continue;
    const count = bucle?.[kind]?.count ?? 0;
    report.differences.push(`${what}: ${kind}: ${digest.count} in the source, ${count} in Bucle`);
  }
}

export function isEqual(a: Digests, b: Digests | undefined): boolean {
  return Object.entries(a).every(([kind, digest]) => sameDigest(digest, b?.[kind]));
}

/** Notes what is wrong with a record that Bucle can't hold. */
export function isValid(work: Work, schema: TSchema, record: unknown, what: string): boolean {
  const text = JSON.stringify(record);
  const zero = text.includes('\\u0000');
  if (!zero && Value.Check(schema, record)) return true;
  const [first] = Value.Errors(schema, record);
  const reason = zero ? 'it holds a NUL character' : `${first?.instancePath ?? ''} ${first?.message ?? 'is not valid'}`;
  work.report.problems.push({ what, reason: reason.trim() });
  return false;
}

export function* pieces<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}
