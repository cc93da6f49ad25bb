import { type Client, fillPath } from '@bucle/client';
import { UsageError } from '../command.ts';

/** What the commands read of a dataset version. */
export interface Version {
  readonly ref: string;
  readonly name: string;
  readonly number: number;
  readonly id: string;
  readonly files: number;
  readonly bytes: number;
  readonly message: string | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly profile: { readonly state: 'pending' | 'ready' | 'failed'; readonly reason: string | null };
  readonly rows: number | null;
}

type Cell = string | number | boolean | null;

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly nulls: number;
  readonly distinct: number | null;
  readonly min: Cell;
  readonly max: Cell;
  readonly mean: number | null;
  readonly sd: number | null;
  readonly top: readonly { readonly value: Cell; readonly count: number }[];
}

export interface Table {
  readonly name: string;
  readonly format: string;
  readonly files: readonly string[];
  readonly rows: number;
  readonly columns: readonly Column[];
}

export interface VersionDetail extends Version {
  readonly tables: readonly Table[];
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
}

export interface Ref {
  readonly name: string;
  /** Absent when no version was named. */
  readonly version: string | undefined;
}

const REF = /^(?:dataset:)?([A-Za-z0-9][A-Za-z0-9._-]{0,99})(?:@(latest|[1-9]\d{0,8}))?$/;

/** `flights`, `flights@2`, `flights@latest`; `dataset:` may stand before it. */
export function parseRef(text: string): Ref {
  const match = REF.exec(text);
  if (!match) {
    throw new UsageError(
      `${JSON.stringify(text)} names no dataset. Write NAME, NAME@3 or NAME@latest; a name has letters, digits, ".", "_" and "-".`,
    );
  }
  return { name: match[1] ?? '', version: match[2] };
}

/** How a person writes it: `flights@2`. */
export function shortRef({ name, number }: Pick<Version, 'name' | 'number'>): string {
  return `${name}@${number}`;
}

/** @throws ApiError */
export function getVersion(
  client: Client,
  { name, version = 'latest' }: Ref,
  signal: AbortSignal,
): Promise<VersionDetail> {
  return client.request('GET', fillPath('/api/v1/datasets/{name}/versions/{version}', { name, version }), { signal });
}
