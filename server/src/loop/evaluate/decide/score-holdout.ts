import { join } from 'node:path';
import type { Column } from '../../../engines/signature.ts';
import type { Table } from '../../../engines/values.ts';
import { readRows } from '../../../platform/parquet/read-rows.ts';
import type { CellValue } from '../../../platform/parquet/table-profile.ts';
import type { DecisionQuestion } from '../decision.ts';
import { evaluateErrors } from '../errors.ts';
import { type ScoredRow, toLabel } from '../metrics/index.ts';
import { type Asked, askModel } from './ask-model.ts';
import { dayOf } from './day-of.ts';
import type { OpenModel } from './open-model.ts';
import type { Holdout } from './prove-disjoint.ts';
import type { Work } from './work.ts';

/** A labelled row that all models answered. */
export interface ComparedRow {
  readonly label: number | string;
  readonly group: number;
  /** One per model. */
  readonly scores: readonly (number | string)[];
  /** One per slice column. */
  readonly slices: readonly (string | null)[];
}

export interface ScoredHoldout {
  readonly rows: readonly ComparedRow[];
  readonly total: number;
  readonly unlabelled: number;
  /** A label that is none for this kind of prediction. */
  readonly strangeLabel: string | null;
  readonly unanswered: number;
  /** Different days; null: no row has an event time. */
  readonly days: number | null;
  readonly asked: readonly Asked[];
}

const BATCH_ROWS = 2_000;
/** More would not fit beside everything else that a server holds in memory. */
const MOST_ROWS = 2_000_000;

type Question = Pick<DecisionQuestion, 'columns' | 'meaning' | 'gate'>;

/**
 * Every row of the holdout to every model, in the order of the files, all models by the same batches. Rows without
 * a label are not asked. @throws EVALUATE_DATA_UNFIT, EVALUATE_MODEL_FAILED, PARQUET_…, ENGINE_…
 */
export async function scoreHoldout(
  { tables, ref, columns: present }: Holdout,
  { columns: { label, eventTime, key }, meaning, gate }: Question,
  models: readonly OpenModel[],
  { folder, signal, onLine }: Work,
): Promise<ScoredHoldout> {
  const needed = [label, ...gate.slices, ...(eventTime === null ? [] : [eventTime])];
  requireColumns(ref, 'the evaluation', needed, present);
  const features = present.filter((name) => name !== label && name !== eventTime && name !== key);
  const inputs = models.map((model) => inputsOf(ref, model, { present, features }));
  const columns = [...new Set([...needed, ...inputs.flat()])];
  const pick = picker(columns);
  const asked = models.map((model) => askModel(model, meaning));
  const found: ComparedRow[] = [];
  const count = { total: 0, unlabelled: 0, unanswered: 0 };
  const labels = labelReader(meaning.kind, pick([label]));
  const timeOf = pick(eventTime === null ? [] : [eventTime]);
  const slicesOf = pick(gate.slices);
  for await (const batch of readRows(tables, {
    columns,
    batchRows: BATCH_ROWS,
    scratch: join(folder, 'rows'),
    signal,
  })) {
    count.total += batch.rows.length;
    if (count.total > MOST_ROWS) {
      throw evaluateErrors.DATA_UNFIT({ reason: `${ref} has more than ${MOST_ROWS} rows; evaluate on fewer.` });
    }
    const labelled = labels.read(batch.rows);
    count.unlabelled += batch.rows.length - labelled.length;
    const answers = await askAll(
      asked,
      inputs,
      labelled.map(({ row }) => row),
      pick,
    );
    for (const [at, { row, label: value }] of labelled.entries()) {
      const scores = answers.map((scored) => scored[at] ?? null).filter((score) => score !== null);
      if (scores.length < models.length) count.unanswered += 1;
      else {
        const group = dayOf(timeOf(row)[0] ?? null) ?? NO_DAY;
        found.push({ label: value, group, scores, slices: slicesOf(row).map(toText) });
      }
    }
    onLine(`${count.total} rows of ${ref} scored`);
  }
  return { ...count, rows: found, strangeLabel: labels.strange(), days: countDays(found), asked };
}

interface LabelledRow {
  readonly row: Row;
  readonly label: number | string;
}

function labelReader(kind: Question['meaning']['kind'], labelOf: (row: Row) => CellValue[]) {
  let strange: string | null = null;
  return {
    read(rows: readonly Row[]): LabelledRow[] {
      const labelled: LabelledRow[] = [];
      for (const row of rows) {
        const given = labelOf(row)[0] ?? null;
        const label = toLabel(given, kind);
        if (label !== null) labelled.push({ row, label });
        else if (given !== null) strange ??= String(given).slice(0, 100);
      }
      return labelled;
    },
    strange: () => strange,
  };
}

/** The rows as one of the models answered them. */
export function rowsOf(rows: readonly ComparedRow[], model: number): ScoredRow[] {
  return rows.map(({ label, group, scores }) => ({ label, group, prediction: scores[model] ?? 0 }));
}

/** All that have no event time are one group. */
const NO_DAY = Number.MIN_SAFE_INTEGER;

function countDays(rows: readonly ComparedRow[]): number | null {
  const days = new Set(rows.map(({ group }) => group));
  days.delete(NO_DAY);
  return days.size === 0 ? null : days.size;
}

type Row = readonly CellValue[];

async function askAll(
  asked: readonly Asked[],
  inputs: readonly (readonly string[])[],
  rows: readonly Row[],
  pick: (names: readonly string[]) => (row: Row) => CellValue[],
): Promise<(number | string | null)[][]> {
  const answers: (number | string | null)[][] = [];
  // One after the other: computing at the same time they would slow each other down, and be compared for it.
  for (const [at, one] of asked.entries()) {
    const columns = inputs[at] ?? [];
    const table: Table = { kind: 'table', columns, rows: rows.map(pick(columns)) };
    answers.push(rows.length === 0 ? [] : await one.ask(table));
  }
  return answers;
}

function picker(columns: readonly string[]): (names: readonly string[]) => (row: Row) => CellValue[] {
  const positions = new Map(columns.map((name, at) => [name, at]));
  return (names) => {
    const places = names.map((name) => positions.get(name) ?? -1);
    return (row) => places.map((at) => row[at] ?? null);
  };
}

interface Offered {
  readonly present: readonly string[];
  /** Columns that are neither label nor event time nor key. */
  readonly features: readonly string[];
}

/** What the signature names; a model without names gets all features in their order. */
function inputsOf(ref: string, { version, proven }: OpenModel, { present, features }: Offered): readonly string[] {
  const declared = proven.signature?.inputs;
  if (declared?.kind !== 'columns' || declared.columns.some(({ name }) => name === null)) return features;
  const nameOf = ({ name }: Column) => name ?? '';
  requireColumns(ref, version.ref, declared.columns.filter(({ required }) => required).map(nameOf), present);
  return declared.columns.map(nameOf).filter((name) => present.includes(name));
}

function requireColumns(ref: string, who: string, needed: readonly string[], present: readonly string[]): void {
  const missing = needed.filter((name) => !present.includes(name));
  if (missing.length === 0) return;
  const has = present.slice(0, 30).join(', ');
  throw evaluateErrors.DATA_UNFIT({
    reason: `${ref} has no column ${missing.slice(0, 10).join(', ')}, which ${who} needs; it has ${has}.`,
  });
}

function toText(value: CellValue): string | null {
  return value === null ? null : String(value).slice(0, 200);
}
