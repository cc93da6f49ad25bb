import type { ColumnKind, TableProfiles } from '../../platform/parquet/table-profile.ts';
import { type DatasetVersion, formatDatasetRef, versionDigest } from './dataset.ts';

/** A dataset as MLflow's `log-inputs` carries it; `schema` and `profile` are JSON in text. */
export interface MlflowDataset {
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema?: string;
  readonly profile?: string;
}

/** MLflow's words; a text column with nulls is still a string. */
const types: Readonly<Record<ColumnKind, string>> = {
  integer: 'long',
  number: 'double',
  boolean: 'boolean',
  text: 'string',
  date: 'datetime',
  timestamp: 'datetime',
  time: 'string',
  bytes: 'binary',
  nested: 'any',
};

/** How a run says that it read this version. The schema is that of the only table; several tables have none. */
export function toMlflowDataset(version: DatasetVersion, profiles: TableProfiles | null): MlflowDataset {
  const [table, ...others] = profiles?.tables ?? [];
  const source = { uri: formatDatasetRef(version), id: version.id };
  const base = {
    name: version.name,
    digest: versionDigest(version),
    source_type: 'bucle',
    source: JSON.stringify(source),
  };
  if (!table) return { ...base, profile: JSON.stringify({ num_files: version.files, num_bytes: version.bytes }) };
  const rows = version.rows ?? 0;
  const sizes = {
    num_rows: rows,
    num_elements: [table, ...others].reduce((sum, one) => sum + one.rows * one.columns.length, 0),
  };
  const profile = JSON.stringify(sizes);
  if (others.length > 0) return { ...base, profile };
  const columns = table.columns.map(({ name, kind, nulls }) => ({ type: types[kind], name, required: nulls === 0 }));
  return { ...base, profile, schema: JSON.stringify({ mlflow_colspec: columns }) };
}
