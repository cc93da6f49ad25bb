import type { Db, Trx } from '../../database.ts';
import { findExperiment, findExperimentByName, upsertExperimentTag, withTags } from './experiment.store.ts';
import type { ExperimentWithTags } from './experiment.ts';
import {
  insertGivenExperiment,
  lastExperimentId,
  upsertGivenModel,
  upsertGivenParams,
  upsertGivenRun,
  writeExperiment,
} from './import.store.ts';
import { insertRunModels, upsertInput } from './input.store.ts';
import { findLoggedModelRow, upsertModelMetrics, upsertModelPairs, withModelDetails } from './logged-model.store.ts';
import type { LoggedModelDetail } from './logged-model.ts';
import { insertMetrics, listPoints, toPoint } from './metric.store.ts';
import type { KeysetValues } from './mlflow-protocol/index.ts';
import { findRunRow, upsertRunTags } from './run.store.ts';
import type { Point, RunDetail } from './run.ts';
import { withDetails } from './run-detail.store.ts';
import type { Pair } from './workspace.ts';

// What another tracking server recorded, with its ids and times. Nothing is taken away: what it has is added or set,
// so that the same again changes nothing.

export interface GivenExperiment extends Omit<ExperimentWithTags, 'id' | 'artifactLocation'> {
  /** Null: `<root>/<id>`. */
  readonly artifactLocation: string | null;
}

/** Creates it under the wanted id if that is free, else under the next; null when the name is taken. */
export async function importExperiment(
  trx: Trx,
  { wanted, given, root }: { readonly wanted: number | null; readonly given: GivenExperiment; readonly root: string },
): Promise<number | null> {
  if (await findExperimentByName(trx, given.name)) return null;
  for (let id = wanted; ; id = null) {
    const free = id ?? (await lastExperimentId(trx)) + 1;
    if (await insertGivenExperiment(trx, located(given, free, root))) {
      for (const tag of given.tags) await upsertExperimentTag(trx, free, tag);
      return free;
    }
    if (await findExperimentByName(trx, given.name)) return null;
  }
}

/** False when another experiment has the name. */
export async function updateImportedExperiment(
  trx: Trx,
  id: number,
  given: GivenExperiment,
  root: string,
): Promise<boolean> {
  const named = await findExperimentByName(trx, given.name);
  if (named && named.id !== id) return false;
  await writeExperiment(trx, located(given, id, root));
  for (const tag of given.tags) await upsertExperimentTag(trx, id, tag);
  return true;
}

/** Everything of a run but its points and its job. */
export async function importRun(trx: Trx, run: Omit<RunDetail, 'metrics' | 'job'>): Promise<void> {
  await upsertGivenRun(trx, run);
  if (run.params.length > 0) await upsertGivenParams(trx, run.id, unique(run.params));
  if (run.tags.length > 0) await upsertRunTags(trx, run.id, unique(run.tags));
  for (const input of run.inputs) await upsertInput(trx, { run: run.id, experiment: run.experiment, input });
  await insertRunModels(
    trx,
    run.id,
    'input',
    run.modelInputs.map((model) => ({ model, step: 0 })),
  );
  await insertRunModels(trx, run.id, 'output', run.modelOutputs);
}

/** Points of a run, whatever its state. */
export async function importPoints(trx: Trx, run: string, points: readonly Point[]): Promise<void> {
  await insertMetrics(trx, run, points);
}

/** Everything of a logged model but what is golden of it. */
export async function importLoggedModel(trx: Trx, model: Omit<LoggedModelDetail, 'golden'>): Promise<void> {
  await upsertGivenModel(trx, model);
  await upsertModelPairs(trx, 'logged_model_params', model.id, model.params);
  await upsertModelPairs(trx, 'logged_model_tags', model.id, model.tags);
  const metrics = model.metrics.map((metric) => ({ ...metric, model: model.id }));
  if (metrics.length > 0) await upsertModelMetrics(trx, metrics);
}

/** Those of these runs that exist, deleted ones too. */
export async function findRuns(db: Db, ids: readonly string[]): Promise<RunDetail[]> {
  const rows = await Promise.all(ids.map((id) => findRunRow(db, id)));
  return withDetails(
    db,
    rows.filter((row) => row !== undefined),
  );
}

/** Those of these that exist, deleted ones too. */
export async function findLoggedModels(db: Db, ids: readonly string[]): Promise<LoggedModelDetail[]> {
  const rows = await Promise.all(ids.map((id) => findLoggedModelRow(db, id)));
  return withModelDetails(
    db,
    rows.filter((row) => row !== undefined),
  );
}

export async function findExperiments(db: Db, ids: readonly number[]): Promise<ExperimentWithTags[]> {
  const rows = await Promise.all(ids.map((id) => findExperiment(db, id)));
  return withTags(
    db,
    rows.filter((row) => row !== undefined),
  );
}

const POINTS_PER_PAGE = 5_000;

/** Every point of a run, page by page. */
export async function* walkPoints(db: Db, run: string, keys: readonly string[]): AsyncGenerator<readonly Point[]> {
  for (const key of keys) {
    let after: KeysetValues | null = null;
    for (;;) {
      const page: Awaited<ReturnType<typeof listPoints>> = await listPoints(db, {
        run,
        key,
        after,
        limit: POINTS_PER_PAGE,
      });
      if (page.length > 0) yield page.map(toPoint);
      const last = page.at(-1);
      if (!last || page.length < POINTS_PER_PAGE) break;
      after = [last.timestamp, last.step, last.value, last.is_nan];
    }
  }
}

function located(given: GivenExperiment, id: number, root: string): ExperimentWithTags {
  return { ...given, id, artifactLocation: given.artifactLocation ?? `${root}/${id}` };
}

function unique(pairs: readonly Pair[]): Pair[] {
  return [...new Map(pairs.map(({ key, value }) => [key, value]))].map(([key, value]) => ({ key, value }));
}
