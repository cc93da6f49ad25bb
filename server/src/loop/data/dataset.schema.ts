import { Type } from 'typebox';
import type { CellValue, TableProfiles } from '../../platform/parquet/table-profile.ts';
import { type DatasetVersion, formatDatasetRef, NAME_PATTERN, versionDigest } from './dataset.ts';

const strict = { additionalProperties: false } as const;
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

export const NameParams = Type.Object({ name: Type.String({ pattern: NAME_PATTERN }) });

export const VersionParams = Type.Object({
  name: Type.String({ pattern: NAME_PATTERN }),
  version: Type.String({ pattern: '^(latest|[1-9][0-9]{0,8})$', description: 'A number, or `latest`.' }),
});

export const FileParams = Type.Object({
  ...VersionParams.properties,
  '*': Type.String({ minLength: 1, maxLength: 1024 }),
});

export const Version = Type.Object({
  ref: Type.String({ description: '`dataset:flights@2`' }),
  name: Type.String(),
  number: Type.Integer(),
  id: Type.String({ description: 'SHA-256 of the manifest.' }),
  digest: Type.String({ description: 'First 32 digits of the id: what MLflow inputs carry.' }),
  files: Type.Integer(),
  bytes: Type.Integer(),
  message: Nullable(Type.String()),
  created_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  created_by: Type.String(),
  profile: Type.Object({
    state: Type.Union([Type.Literal('pending'), Type.Literal('ready'), Type.Literal('failed')]),
    reason: Nullable(Type.String()),
  }),
  rows: Nullable(Type.Integer()),
});

const Cell = Type.Unsafe<CellValue>({ description: 'A number, a text, true, false or null.' });

const Column = Type.Object({
  name: Type.String(),
  type: Type.String({ description: "DuckDB's name of the type." }),
  kind: Type.String(),
  nulls: Type.Integer(),
  distinct: Nullable(Type.Integer()),
  min: Cell,
  max: Cell,
  mean: Nullable(Type.Number()),
  sd: Nullable(Type.Number()),
  nan: Type.Integer(),
  infinite: Type.Integer(),
  quantiles: Nullable(Type.Record(Type.String(), Type.Number())),
  top: Type.Array(Type.Object({ value: Cell, count: Type.Integer() })),
  histogram: Nullable(Type.Object({ edges: Type.Array(Type.Number()), counts: Type.Array(Type.Integer()) })),
  length: Nullable(Type.Object({ min: Type.Integer(), mean: Type.Number(), max: Type.Integer() })),
});

const Table = Type.Object({
  name: Type.String(),
  format: Type.String(),
  files: Type.Array(Type.String()),
  rows: Type.Integer(),
  columns: Type.Array(Column),
});

export const VersionDetail = Type.Object({
  ...Version.properties,
  tables: Type.Unsafe<TableProfiles['tables']>(Type.Array(Table)),
  unreadable: Type.Unsafe<TableProfiles['unreadable']>(
    Type.Array(Type.Object({ file: Type.String(), reason: Type.String() })),
  ),
});

export const DatasetPage = Type.Object({
  datasets: Type.Array(Type.Object({ name: Type.String(), versions: Type.Integer(), latest: Version })),
  next: Nullable(Type.String({ description: 'Pass it as `after` to see more.' })),
});

export const VersionPage = Type.Object({
  name: Type.String(),
  versions: Type.Array(Version),
  next: Nullable(Type.Integer({ description: 'Pass it as `before` to see more.' })),
});

export const NewVersionBody = Type.Object(
  {
    manifest: Type.Unsafe<unknown>({ type: 'object', description: 'Manifest v1: docs/manifest-v1.md.' }),
    message: Type.Optional(Type.String({ maxLength: 2_000 })),
  },
  strict,
);

const limit = Type.Integer({ minimum: 1, maximum: 1_000, default: 200 });
export const DatasetQuery = Type.Object({ after: Type.String({ default: '' }), limit }, strict);
export const VersionQuery = Type.Object({ before: Type.Optional(Type.Integer({ minimum: 1 })), limit }, strict);

export function toVersionResponse(version: DatasetVersion) {
  return { ref: formatDatasetRef(version), digest: versionDigest(version), ...version };
}

export function toDetailResponse(version: DatasetVersion, profiles: TableProfiles | null) {
  const { tables, unreadable } = profiles ?? { tables: [], unreadable: [] };
  return { ...toVersionResponse(version), tables, unreadable };
}
