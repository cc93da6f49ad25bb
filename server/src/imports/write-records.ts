import type { Context } from '../context.ts';
import type { Trx } from '../database.ts';
import { findWholeModel, importModel } from '../loop/registry/index.ts';
import {
  findExperimentByName,
  findLoggedModels,
  findRuns,
  type GivenExperiment,
  importExperiment,
  importLoggedModel,
  importPoints,
  importRun,
  updateImportedExperiment,
} from '../loop/track/index.ts';
import { artifactRoot } from './artifact-root.ts';
import { importErrors } from './errors.ts';
import type { PointsBody } from './import.schema.ts';
import { findItems, type ItemKind, insertItem } from './import.store.ts';
import type { ExperimentRecord, LoggedModelRecord, RegisteredModelRecord, RunRecord } from './record.ts';
import { toLoggedModel, toRegisteredModel, toRun } from './record-to-entity.ts';

type Parts = Pick<Context, 'db'>;

/** Ids up to MLflow's own are kept when they are free. */
const LARGEST_KEPT_ID = 2 ** 31 - 1;

/** Source id → id in Bucle. All or nothing. @throws IMPORT_NAMES_TAKEN */
export async function writeExperiments(
  { db, config }: Pick<Context, 'db' | 'config'>,
  id: string,
  records: readonly ExperimentRecord[],
): Promise<Map<string, number>> {
  return db.transaction(async (trx) => {
    await db.lock(trx, 'experiments');
    const ids = records.map(({ source_id }) => source_id);
    const known = await findItems(trx, id, 'experiment', ids);
    const written = new Map<string, number>();
    for (const record of records) {
      const target = known.get(record.source_id);
      written.set(
        record.source_id,
        await writeExperiment(trx, id, record, {
          ...{ known: target === undefined ? null : Number(target), root: artifactRoot(config) },
        }),
      );
    }
    return written;
  });
}

async function writeExperiment(
  trx: Trx,
  id: string,
  record: ExperimentRecord,
  { known, root }: { readonly known: number | null; readonly root: string },
): Promise<number> {
  const given = toGivenExperiment(record);
  const target = known ?? (await defaultOf(trx, record));
  if (target !== null) {
    if (!(await updateImportedExperiment(trx, target, given, root))) throw taken(record.name);
    await insertItem(trx, id, { kind: 'experiment', sourceId: record.source_id, targetId: String(target) });
    return target;
  }
  const wanted = /^\d{1,10}$/.test(record.source_id) ? Number(record.source_id) : null;
  const made = await importExperiment(trx, {
    wanted: wanted !== null && wanted <= LARGEST_KEPT_ID ? wanted : null,
    ...{ given, root },
  });
  if (made === null) throw taken(record.name);
  await insertItem(trx, id, { kind: 'experiment', sourceId: record.source_id, targetId: String(made) });
  return made;
}

/** Every store has the experiment 0, Default, from its first start: they become one. */
async function defaultOf(trx: Trx, { source_id, name }: ExperimentRecord): Promise<number | null> {
  if (source_id !== '0') return null;
  return (await findExperimentByName(trx, name))?.id === 0 ? 0 : null;
}

/** Without their points. Answers which are somebody else's: those are left as they are. */
export async function writeRuns({ db }: Parts, id: string, records: readonly RunRecord[]): Promise<string[]> {
  return db.transaction(async (trx) => {
    const refused = await refuseForeign(trx, id, {
      kind: 'run',
      ids: records.map((record) => record.id),
      present: async (ids) => (await findRuns(trx, ids)).map((run) => run.id),
    });
    for (const record of records) {
      if (refused.includes(record.id)) continue;
      await importRun(trx, toRun(record));
      await insertItem(trx, id, { kind: 'run', sourceId: record.id, targetId: record.id });
    }
    return refused;
  });
}

/** Points of runs of this import. @throws IMPORT_NOT_OWN */
export async function writePoints({ db }: Parts, id: string, { series }: PointsBody): Promise<void> {
  await db.transaction(async (trx) => {
    const runs = [...new Set(series.map(({ run }) => run))];
    const own = await findItems(trx, id, 'run', runs);
    const foreign = runs.find((run) => !own.has(run));
    if (foreign !== undefined) throw importErrors.NOT_OWN({ what: 'run', id: foreign });
    for (const run of runs) {
      const points = series
        .filter((one) => one.run === run)
        .flatMap(({ key, points }) =>
          points.map(([timestamp, step, value]) => ({ key, timestamp, step, value: Number(value) })),
        );
      await importPoints(trx, run, points);
    }
  });
}

/** Answers which are somebody else's. */
export async function writeLoggedModels(
  { db }: Parts,
  id: string,
  records: readonly LoggedModelRecord[],
): Promise<string[]> {
  return db.transaction(async (trx) => {
    const refused = await refuseForeign(trx, id, {
      kind: 'logged-model',
      ids: records.map((record) => record.id),
      present: async (ids) => (await findLoggedModels(trx, ids)).map((model) => model.id),
    });
    for (const record of records) {
      if (refused.includes(record.id)) continue;
      await importLoggedModel(trx, toLoggedModel(record));
      await insertItem(trx, id, { kind: 'logged-model', sourceId: record.id, targetId: record.id });
    }
    return refused;
  });
}

/** Each with all its versions. Answers which are somebody else's. */
export async function writeRegisteredModels(
  { db }: Parts,
  id: string,
  records: readonly RegisteredModelRecord[],
): Promise<string[]> {
  return db.transaction(async (trx) => {
    const refused = await refuseForeign(trx, id, {
      kind: 'registered-model',
      ids: records.map((record) => record.name),
      present: async (names) => {
        const found = await Promise.all(names.map((name) => findWholeModel(trx, name)));
        return found.flatMap((model) => (model ? [model.name] : []));
      },
    });
    for (const record of records) {
      if (refused.includes(record.name)) continue;
      await importModel({ db }, trx, toRegisteredModel(record));
      await insertItem(trx, id, { kind: 'registered-model', sourceId: record.name, targetId: record.name });
    }
    return refused;
  });
}

async function refuseForeign(
  trx: Trx,
  id: string,
  given: {
    readonly kind: ItemKind;
    readonly ids: readonly string[];
    readonly present: (ids: readonly string[]) => Promise<readonly string[]>;
  },
): Promise<string[]> {
  const own = await findItems(trx, id, given.kind, given.ids);
  const others = given.ids.filter((one) => !own.has(one));
  return others.length === 0 ? [] : [...(await given.present(others))];
}

function toGivenExperiment(record: ExperimentRecord): GivenExperiment {
  const { name, lifecycle, artifact_location, created_at, updated_at, tags } = record;
  return { name, lifecycle, artifactLocation: artifact_location, createdAt: created_at, updatedAt: updated_at, tags };
}

function taken(name: string) {
  return importErrors.NAMES_TAKEN({ list: `  experiment ${name}` });
}
