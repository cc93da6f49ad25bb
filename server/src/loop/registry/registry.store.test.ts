import { describe, expect, test } from 'vitest';
import { databases, openTestDatabase } from '../../../test/databases.ts';
import type { BucleDatabase } from '../../database.ts';
import { manualClock } from '../../platform/clock.ts';
import { eventMigrations } from '../../platform/events/migrations/index.ts';
import { trackMigrations } from '../track/migrations/index.ts';
import { addVersion } from './add-version.ts';
import { createModel } from './create-model.ts';
import { deleteModel } from './delete-model.ts';
import { deleteVersion } from './delete-version.ts';
import { lockModels } from './lock-model.ts';
import { registryMigrations } from './migrations/index.ts';
import { findModel, listModels } from './model.store.ts';
import { setAlias } from './move-alias.ts';
import { renameModel } from './rename-model.ts';
import { resolveVersion } from './resolve-version.ts';
import { type PageRequest, searchModels, searchVersions } from './search.store.ts';
import { parseModelSearch, parseVersionSearch } from './search.ts';
import { transitionStage } from './transition-stage.ts';
import { findVersion, listNewestPerStage, listVersionsOfLoggedModel, listVersionsOfRun } from './version.store.ts';

const actor = 'ana';
const hex = (letter: string) => letter.repeat(32);

describe.each(databases)('the registry on $name', (kind) => {
  const open = async () => {
    const db = await openTestDatabase(kind, [...eventMigrations, ...trackMigrations, ...registryMigrations]);
    const clock = manualClock();
    return { db, clock, [Symbol.asyncDispose]: () => db[Symbol.asyncDispose]() };
  };
  type Opened = { db: BucleDatabase; clock: ReturnType<typeof manualClock> };

  const model = (parts: Opened, name: string, tags = {}) =>
    parts.db.transaction((trx) => createModel(parts, trx, { name, description: null, tags, actor, cause: null }));

  const version = (parts: Opened, name: string, change: { modelId?: string; run?: string; tags?: object } = {}) =>
    parts.db.transaction(async (trx) => {
      await lockModels(parts, trx, name);
      const { modelId = null, run = null, tags = {} } = change;
      const origin = { source: `models:/${modelId}`, location: 'mlflow-artifacts:/1/x', modelId, run };
      const rest = { description: null, runLink: null, tags: { ...tags }, actor, cause: null };
      return addVersion(parts, trx, { name, origin, ...rest });
    });

  test('versions that are made at the same time get different numbers, without gaps', async () => {
    await using parts = await open();
    await model(parts, 'flights');
    const made = await Promise.all(Array.from({ length: 40 }, () => version(parts, 'flights')));
    const numbers = made.map(({ number }) => number).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  test('a number is never given twice, whatever was deleted or renamed', async () => {
    await using parts = await open();
    await model(parts, 'flights');
    await version(parts, 'flights');
    await version(parts, 'flights');
    await deleteVersion(parts, { name: 'flights', number: 2 }, actor);
    expect((await version(parts, 'flights')).number).toBe(3);
    await deleteModel(parts, { name: 'flights', actor });
    await model(parts, 'flights');
    expect((await version(parts, 'flights')).number).toBe(4);
    await renameModel(parts, { name: 'flights', newName: 'delays', actor });
    expect((await version(parts, 'delays')).number).toBe(5);
    await model(parts, 'flights');
    expect((await version(parts, 'flights')).number).toBe(5);
    await deleteModel(parts, { name: 'delays', actor });
    await renameModel(parts, { name: 'flights', newName: 'delays', actor });
    expect((await version(parts, 'delays')).number).toBe(6);
  });

  test('a rename takes versions, tags and aliases along; a name that is taken is refused', async () => {
    await using parts = await open();
    const { db } = parts;
    await model(parts, 'flights', { team: 'ops' });
    await model(parts, 'taken');
    await version(parts, 'flights', { tags: { seed: '7' } });
    await setAlias(parts, { name: 'flights', number: 1 }, 'champion', actor);
    const clash = renameModel(parts, { name: 'flights', newName: 'taken', actor });
    await expect(clash).rejects.toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS' });
    await renameModel(parts, { name: 'flights', newName: 'delays', actor });
    expect(await findModel(db.read, 'flights')).toBeUndefined();
    expect(await findModel(db.read, 'delays')).toMatchObject({ tags: { team: 'ops' }, aliases: { champion: 1 } });
    expect(await findVersion(db.read, { name: 'delays', number: 1 })).toMatchObject({
      ...{ tags: { seed: '7' }, aliases: ['champion'] },
    });
    expect(await findVersion(db.read, { name: 'flights', number: 1 })).toBeUndefined();
  });

  test('what is deleted leaves no tag and no alias to its successor', async () => {
    await using parts = await open();
    const { db } = parts;
    await model(parts, 'flights', { team: 'ops' });
    await version(parts, 'flights', { tags: { seed: '7' } });
    await version(parts, 'flights', { tags: { seed: '8' } });
    await setAlias(parts, { name: 'flights', number: 1 }, 'champion', actor);
    await deleteVersion(parts, { name: 'flights', number: 1 }, actor);
    expect((await findModel(db.read, 'flights'))?.aliases).toEqual({});
    await expect(deleteVersion(parts, { name: 'flights', number: 1 }, actor)).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
    await deleteModel(parts, { name: 'flights', actor });
    await expect(deleteModel(parts, { name: 'flights', actor })).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
    for (const table of ['model_versions', 'model_version_tags', 'registered_model_tags', 'model_aliases'] as const) {
      expect(await db.read.selectFrom(table).select('model').execute()).toEqual([]);
    }
  });

  test('every form of a reference finds its version, and a wrong one says what is missing', async () => {
    await using parts = await open();
    await model(parts, 'flights');
    await model(parts, 'empty');
    for (let i = 0; i < 3; i += 1) await version(parts, 'flights');
    await setAlias(parts, { name: 'flights', number: 2 }, 'champion', actor);
    const found = {
      'flights/1': 1,
      'version:flights/3': 3,
      'flights@champion': 2,
      'flights/latest': 3,
      'flights@latest': 3,
      'version:flights@champion': 2,
    };
    for (const [ref, number] of Object.entries(found)) {
      expect([ref, (await resolveVersion(parts, ref)).number]).toEqual([ref, number]);
    }
    const refused = {
      'flights/9': 'REGISTRY_VERSION_NOT_FOUND',
      'empty/latest': 'REGISTRY_VERSION_NOT_FOUND',
      'flights@shadow': 'REGISTRY_ALIAS_NOT_FOUND',
      'nobody/1': 'REGISTRY_MODEL_NOT_FOUND',
      'nobody@champion': 'REGISTRY_MODEL_NOT_FOUND',
      flights: 'REGISTRY_INVALID_REF',
      'flights/x': 'REGISTRY_INVALID_REF',
      'flights/0': 'REGISTRY_INVALID_REF',
      'a/b/1': 'REGISTRY_INVALID_REF',
      'flights/1/2': 'REGISTRY_INVALID_REF',
      '@x': 'REGISTRY_INVALID_REF',
    };
    for (const [ref, code] of Object.entries(refused)) {
      await expect(resolveVersion(parts, ref), ref).rejects.toMatchObject({ code });
    }
  });

  test('a stage can be cleared of others, and the newest of each stage is found', async () => {
    await using parts = await open();
    const { db } = parts;
    await model(parts, 'flights');
    for (let i = 0; i < 4; i += 1) await version(parts, 'flights');
    const move = (number: number, archiveOthers: boolean) =>
      transitionStage(parts, { key: { name: 'flights', number }, stage: 'Production', archiveOthers, actor });
    const newest = async () =>
      (await listNewestPerStage(db.read, ['flights'])).map(({ number, stage }) => [number, stage]);
    await move(1, false);
    await move(2, false);
    expect(await newest()).toEqual([
      [2, 'Production'],
      [4, 'None'],
    ]);
    await move(3, true);
    expect(await newest()).toEqual([
      [2, 'Archived'],
      [3, 'Production'],
      [4, 'None'],
    ]);
  });

  test('the versions of a logged model and of a run are found under every name', async () => {
    await using parts = await open();
    const { db } = parts;
    for (const name of ['a', 'b']) await model(parts, name);
    const mine = { modelId: `m-${hex('1')}`, run: hex('a') };
    await version(parts, 'b', mine);
    await version(parts, 'a', mine);
    await version(parts, 'a', { modelId: `m-${hex('2')}`, run: hex('b') });
    const refs = (found: readonly { name: string; number: number }[]) => found.map((v) => `${v.name}/${v.number}`);
    expect(refs(await listVersionsOfLoggedModel(db.read, mine.modelId))).toEqual(['a/1', 'b/1']);
    expect(refs(await listVersionsOfRun(db.read, hex('b')))).toEqual(['a/2']);
  });

  test('searches compare as MLflow does, and leave prompts out', async () => {
    await using parts = await open();
    const prompt = { 'mlflow.prompt.is_prompt': 'true' };
    await model(parts, 'Flights', { team: 'ops' });
    await model(parts, 'flights_eu', { team: 'Ops' });
    await model(parts, 'ünïversal');
    await model(parts, 'greeting', prompt);
    await version(parts, 'Flights', { run: hex('a'), tags: { seed: '7' } });
    await version(parts, 'Flights', { run: hex('b') });
    await version(parts, 'flights_eu', { run: hex('a'), tags: { seed: '8' } });
    await version(parts, 'greeting', { tags: prompt });
    await version(parts, 'greeting');
    const all: PageRequest = { after: null, limit: 100 };
    const models = async (filter: string) =>
      (await searchModels(parts, parseModelSearch(filter, []), all)).found.map(({ name }) => name).sort();
    const table: Record<string, string[]> = {
      '': ['Flights', 'flights_eu', 'ünïversal'],
      "name = 'Flights'": ['Flights'],
      "name != 'Flights'": ['flights_eu', 'ünïversal'],
      "name LIKE 'flights%'": ['flights_eu'],
      "name ILIKE 'FLIGHTS%'": ['Flights', 'flights_eu'],
      "name ILIKE 'ÜNÏ%'": ['ünïversal'],
      "name LIKE 'Flight_'": ['Flights'],
      "name IN ('Flights', 'none')": ['Flights'],
      "tags.team = 'ops'": ['Flights'],
      "tags.team != 'ops'": ['flights_eu'],
      "tag.team ILIKE 'OPS' AND name LIKE '%_eu'": ['flights_eu'],
      'tags.team IS NULL': ['ünïversal'],
      "tags.`mlflow.prompt.is_prompt` = 'true'": ['greeting'],
      "tags.`mlflow.prompt.is_prompt` != 'true'": ['Flights', 'flights_eu', 'ünïversal'],
      "tags.`mlflow.prompt.is_prompt` = 'false' AND name = 'Flights'": ['Flights'],
    };
    for (const [filter, names] of Object.entries(table)) {
      expect([filter, await models(filter)]).toEqual([filter, [...names].sort()]);
    }
    const versions = async (filter: string) =>
      (await searchVersions(parts, parseVersionSearch(filter, ['name', 'version_number DESC']), all)).found.map(
        (v) => `${v.name}/${v.number}`,
      );
    const versionTable: Record<string, string[]> = {
      "name = 'Flights'": ['Flights/2', 'Flights/1'],
      [`run_id = '${hex('a')}' and name ilike 'f%_eu'`]: ['flights_eu/1'],
      [`run_id IN ('${hex('b')}')`]: ['Flights/2'],
      'version_number > 1': ['Flights/2'],
      "version_number = '2'": ['Flights/2'],
      "tags.seed = '7'": ['Flights/1'],
      "tags.seed != '7'": ['flights_eu/1'],
      "source_path LIKE 'models:%' AND version_number >= 2": ['Flights/2'],
      "name = 'greeting'": [],
      "name = 'greeting' AND tags.`mlflow.prompt.is_prompt` = 'true'": ['greeting/1'],
    };
    for (const [filter, refs] of Object.entries(versionTable)) {
      expect([filter, await versions(filter)]).toEqual([filter, refs]);
    }
  });

  test('pages of a search hold every row once, in order', async () => {
    await using parts = await open();
    const { clock } = parts;
    for (const name of ['a', 'b']) {
      await model(parts, name);
      for (let i = 0; i < 4; i += 1) {
        await version(parts, name, { tags: { i: String(i) } });
        // Two of each share a time.
        if (i % 2 === 1) clock.advance(10);
      }
    }
    for (const order of [[], ['last_updated_timestamp'], ['version_number DESC', 'name DESC'], ['name']]) {
      const search = parseVersionSearch('', order);
      const whole = (await searchVersions(parts, search, { after: null, limit: 100 })).found;
      expect(whole).toHaveLength(8);
      const pages: string[] = [];
      let after: PageRequest['after'] = null;
      do {
        const page: Awaited<ReturnType<typeof searchVersions>> = await searchVersions(parts, search, {
          after,
          limit: 3,
        });
        pages.push(...page.found.map((v) => `${v.name}/${v.number}`));
        after = page.next;
      } while (after !== null);
      expect(pages).toEqual(whole.map((v) => `${v.name}/${v.number}`));
    }
  });

  test('lists of models are in pages by name, without prompts', async () => {
    await using parts = await open();
    for (const name of ['c', 'a', 'b']) await model(parts, name);
    await model(parts, 'aa', { 'mlflow.prompt.is_prompt': 'true' });
    const names = async (after: string) => (await listModels(parts.db.read, { after, limit: 2 })).map((m) => m.name);
    expect([await names(''), await names('b')]).toEqual([['a', 'b'], ['c']]);
  });
});
