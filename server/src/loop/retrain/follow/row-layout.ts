import type { WrittenColumn, WrittenType } from '../../../platform/parquet/written-column.ts';
import type { DatasetDeclaration } from '../../data/index.ts';
import type { LabelledRow } from '../ports.ts';
import { fromEventTime } from './event-time-column.ts';

/** The columns of a dataset, and which of them are more than a feature. */
export interface Layout {
  readonly columns: readonly WrittenColumn[];
  readonly declared: DatasetDeclaration;
  /** The event-time column holds numbers that count seconds. */
  readonly seconds: boolean;
}

/** A captured row as the dataset writes it: its columns only, in its order and types; what nobody captured is missing. */
export function layOut({ columns, declared, seconds }: Layout, row: LabelledRow): unknown[] {
  const captured = new Map(row.columns.map((name, index) => [name, row.values[index] ?? null]));
  return columns.map(({ name, type }) => {
    if (name === declared.label) return conform(row.label, type);
    if (name === declared.eventTime) return fromEventTime(row.eventTime, type, seconds);
    if (name === declared.key && !captured.has(name)) return conform(row.key, type);
    return conform(captured.get(name) ?? null, type);
  });
}

/** Spells a value as its column does; what a column cannot hold is left for the writer to refuse. */
function conform(value: unknown, type: WrittenType): unknown {
  if (value === null) return null;
  if (type === 'boolean') return toBoolean(value);
  const isNumeric = type === 'double' || type === 'float' || type === 'integer' || type === 'bigint';
  if (!isNumeric || typeof value !== 'string') return value;
  if (value.trim() === '') return null;
  const isWhole = /^-?\d+$/.test(value.trim());
  return isWhole && type !== 'double' && type !== 'float' ? value.trim() : numberOr(value);
}

function numberOr(value: string): number | string {
  const number = Number(value);
  return Number.isNaN(number) ? value : number;
}

function toBoolean(value: unknown): unknown {
  if (value === 1 || value === '1' || value === 'true') return true;
  if (value === 0 || value === '0' || value === 'false') return false;
  return value;
}
