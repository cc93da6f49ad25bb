import { join } from 'node:path';
import { countOverlap } from '../../../platform/parquet/count-overlap.ts';
import type { TableFile } from '../../../platform/parquet/table-file.ts';
import { type DatasetVersion, placeTables } from '../../data/index.ts';
import type { Disjointness, Overlap } from '../evidence.schema.ts';
import type { EvaluatedVersion } from '../model-access.ts';
import { columnsOf } from './columns-of.ts';
import { findTrainingData, type HeldVersion, type TrainingData } from './find-training-data.ts';
import type { DecideParts, Work } from './work.ts';

/** The rows that are evaluated on. */
export interface Holdout {
  readonly ref: string;
  readonly version: Pick<DatasetVersion, 'id'>;
  readonly tables: readonly TableFile[];
  readonly columns: readonly string[];
  /** Column that names the thing that a row is about; null: rows are compared by all columns. */
  readonly key: string | null;
}

/**
 * Looks for rows of the holdout in whatever the models were trained on. Not proven is an answer, not an error: data
 * that nobody recorded, or that this server does not hold, may hold any row.
 */
export async function proveDisjoint(
  parts: DecideParts,
  holdout: Holdout,
  versions: readonly EvaluatedVersion[],
  work: Work,
): Promise<Disjointness[]> {
  const known = new Map<string, Overlap | null>();
  const overlapWith = async (held: HeldVersion) => {
    const found = known.get(held.id) ?? (await findOverlap(parts, holdout, held, { work, number: known.size }));
    known.set(held.id, found);
    return found;
  };
  const proofs: Disjointness[] = [];
  for (const { ref, run } of versions) {
    work.onLine(`looking for rows of ${holdout.ref} in the training data of ${ref}`);
    const data = run === null ? null : await findTrainingData(parts, run);
    const training: Overlap[] = [];
    for (const held of data?.held ?? []) {
      const overlap = await overlapWith(held);
      if (overlap !== null) training.push(overlap);
    }
    proofs.push(toProof(holdout, { ref, run, data, training }));
  }
  return proofs;
}

/** Null: the two have no column in common. */
async function findOverlap(
  parts: DecideParts,
  { ref, version, tables, columns: here, key }: Holdout,
  held: HeldVersion,
  { work, number }: { readonly work: Work; readonly number: number },
): Promise<Overlap | null> {
  const { signal } = work;
  const scratch = (name: string) => join(work.folder, `training-${number}`, name);
  const isSame = held.id === version.id;
  const others = isSame ? tables : await placeTables(parts, held, scratch('in'), signal);
  const there = isSame ? here : await columnsOf(parts, held, others, { scratch: scratch('describe'), signal });
  const shared = here.filter((name) => there.includes(name));
  const columns = key !== null && shared.includes(key) ? [key] : shared;
  if (columns.length === 0) return null;
  const counted = await countOverlap(tables, others, { columns, signal, scratch: scratch('overlap') });
  const dataset = isSame ? ref : held.ref;
  return { dataset, columns, rows: counted.rowsA, shared: counted.shared, examples: [...counted.examples] };
}

interface Found {
  readonly ref: string;
  readonly run: string | null;
  readonly data: TrainingData | null;
  readonly training: readonly Overlap[];
}

function toProof(holdout: Holdout, { ref, run, data, training }: Found): Disjointness {
  const { held, unheld } = data ?? { held: [], unheld: [] };
  const base = { version: ref, run, training: [...training], unheld: [...unheld] };
  const no = (reason: string) => ({ ...base, proven: false, reason });
  if (run === null) return no(`Nobody knows which run made ${ref}, so that its training data is unknown.`);
  if (data === null)
    return no(`The run ${run} that made ${ref} is not recorded here, so that its training data is unknown.`);
  const [leaked] = training.filter(({ shared }) => shared > 0);
  if (leaked) {
    const { shared, rows, columns, dataset, examples } = leaked;
    const such = examples.length === 0 ? '' : `, such as ${examples.slice(0, 3).join(', ')}`;
    return no(
      `${shared} of the ${rows} rows of ${holdout.ref} are in ${dataset}, which ${ref} was trained on (same ${list(columns)}${such}).`,
    );
  }
  if (unheld.length > 0) {
    return no(`${ref} was trained on ${list(unheld)}, which this server does not hold: it may contain any row.`);
  }
  if (held.length === 0)
    return no(`The run ${run} that made ${ref} names no dataset, so that its training data is unknown.`);
  if (training.length < held.length) {
    return no(
      `${holdout.ref} has no column in common with what ${ref} was trained on, so that rows cannot be compared.`,
    );
  }
  const names = list(training.map(({ dataset }) => dataset));
  const columns = list(training[0]?.columns ?? []);
  return {
    ...base,
    proven: true,
    reason: `${ref} was trained on ${names}; none of the rows is there (by ${columns}).`,
  };
}

const MOST_LISTED = 6;

function list(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED);
  return names.length > MOST_LISTED ? `${shown.join(', ')} and ${names.length - MOST_LISTED} more` : shown.join(', ');
}
