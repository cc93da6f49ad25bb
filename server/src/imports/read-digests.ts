import type { Db } from '../database.ts';
import { findWholeModel } from '../loop/registry/index.ts';
import { findExperiments, findLoggedModels, findRuns, walkPoints } from '../loop/track/index.ts';
import {
  type Digests,
  digestExperiment,
  digestLoggedModel,
  digestRegisteredModel,
  digestRun,
  pointRow,
} from './digest-record.ts';
import type { ItemKind } from './import.store.ts';
import { fromExperiment, fromLoggedModel, fromRegisteredModel, fromRun } from './record-to-entity.ts';
import { createSetHash, type SetDigest } from './set-hash.ts';

export interface FoundDigests {
  readonly id: string;
  readonly parts: Digests;
}

/** What Bucle has of these, read again from its tables; what is not there is left out. */
export async function readDigests(db: Db, kind: ItemKind, ids: readonly string[]): Promise<FoundDigests[]> {
  switch (kind) {
    case 'experiment': {
      const found = await findExperiments(db, ids.map(Number).filter(Number.isSafeInteger));
      return found.map((one) => ({
        id: String(one.id),
        parts: digestExperiment(fromExperiment(one), { id: one.id, root: '' }),
      }));
    }
    case 'run':
      return readRunDigests(db, ids);
    case 'logged-model':
      return (await findLoggedModels(db, ids)).map((model) => ({
        id: model.id,
        parts: digestLoggedModel(fromLoggedModel(model)),
      }));
    case 'registered-model': {
      const found = await Promise.all(ids.map((name) => findWholeModel(db, name)));
      return found.flatMap((model) =>
        model ? [{ id: model.name, parts: digestRegisteredModel(fromRegisteredModel(model)) }] : [],
      );
    }
  }
}

async function readRunDigests(db: Db, ids: readonly string[]): Promise<FoundDigests[]> {
  const digests: FoundDigests[] = [];
  for (const run of await findRuns(db, ids)) {
    const points = await digestPoints(
      db,
      run.id,
      run.metrics.map(({ key }) => key),
    );
    digests.push({ id: run.id, parts: { ...digestRun(fromRun(run)), 'metric points': points } });
  }
  return digests;
}

async function digestPoints(db: Db, run: string, keys: readonly string[]): Promise<SetDigest> {
  const set = createSetHash();
  for await (const page of walkPoints(db, run, keys)) {
    for (const point of page) set.add(pointRow(run, point.key, point));
  }
  return set.digest();
}
