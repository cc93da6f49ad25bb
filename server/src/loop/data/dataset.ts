import type { TableProfile } from '../../platform/parquet/table-profile.ts';
import { dataErrors } from './errors.ts';

/** Every row of this server belongs to one workspace; there is one for now. */
export const WORKSPACE = 'default';

export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$';

/** `pending` until the background job has looked at it; a version is usable in every state. */
export type ProfileState = 'pending' | 'ready' | 'failed';

export interface DatasetVersion {
  readonly name: string;
  /** 1, 2, … per dataset. */
  readonly number: number;
  /** SHA-256 of the manifest: 64 hex digits. */
  readonly id: string;
  readonly files: number;
  readonly bytes: number;
  readonly message: string | null;
  /** Milliseconds since the epoch, the server's clock. */
  readonly created_at: number;
  readonly created_by: string;
  readonly profile: { readonly state: ProfileState; readonly reason: string | null };
  /** Of all tables together; null until the profile is ready, or when there is no table. */
  readonly rows: number | null;
}

/** What a reference points at; `number` null means the latest. */
export interface DatasetRef {
  readonly name: string;
  readonly number: number | null;
}

/** `dataset:flights@2`, `flights@2`, `flights@latest` or `flights`. @throws DATA_INVALID_REF */
export function parseDatasetRef(text: string): DatasetRef {
  const match = /^(?:dataset:)?([^@]+)(?:@(latest|[1-9]\d{0,8}))?$/.exec(text);
  const [, name = '', version] = match ?? [];
  if (!new RegExp(NAME_PATTERN).test(name)) throw dataErrors.INVALID_REF({ ref: text.slice(0, 200) });
  return { name, number: version === undefined || version === 'latest' ? null : Number(version) };
}

/** The one spelling of a reference that is stored and shown. */
export function formatDatasetRef({ name, number }: { readonly name: string; readonly number: number }): string {
  return `dataset:${name}@${number}`;
}

/** The digest that MLflow inputs carry: 32 hex digits (MLflow takes at most 36). */
export function versionDigest({ id }: Pick<DatasetVersion, 'id'>): string {
  return id.slice(0, 32);
}

/** Rows of all tables, or null when there is none. */
export function countRows(tables: readonly Pick<TableProfile, 'rows'>[]): number | null {
  return tables.length === 0 ? null : tables.reduce((sum, { rows }) => sum + rows, 0);
}
