import type { Client } from '@bucle/client';
import { type Digests, digestExperiment, digestLoggedModel, digestRegisteredModel } from './digest-record.ts';
import { importErrors } from './errors.ts';
import type { PlanResponse } from './import.schema.ts';
import { importArtifacts } from './import-artifacts.ts';
import { importRuns } from './import-runs.ts';
import { type Mapping, mapModel, mapRegisteredModel } from './map-source.ts';
import { LoggedModelRecord, RegisteredModelRecord } from './record.ts';
import { closeReport, type ImportReport } from './report.ts';
import type { MlflowSource, SourceExperiment } from './sources/source.ts';
import {
  compare,
  digestsOf,
  type ImportOptions,
  isEqual,
  isValid,
  noteRefused,
  ownerOf,
  pieces,
  type Work,
} from './work.ts';

export interface ImportCall {
  readonly client: Client;
  readonly source: MlflowSource;
  readonly options: ImportOptions;
  /** Filled by the source too, when it finds what can't be taken over. */
  readonly report: ImportReport;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string, count: number) => void;
}

/**
 * Brings everything of a source to a server, and compares both. What is there already is not written again, so that
 * it may be stopped anywhere and started again. @throws IMPORT_NAMES_TAKEN before anything is written
 */
export async function runImport(call: ImportCall): Promise<ImportReport> {
  const { client, source, options, report, signal } = call;
  const chosen = await chooseExperiments(source, options.experiments);
  report.leftOut.push(...(await source.leftOut()));
  const models = options.experiments.length === 0 ? await namesOfModels(source) : [];
  if (options.experiments.length > 0)
    report.leftOut.push({ what: 'registered models (only experiments were asked for)', count: 0 });
  const { prefix } = options;
  const store = storeOf(source, await source.experiments());
  const plan = await client.request<PlanResponse>('POST', '/api/v1/imports/plan', {
    json: {
      store,
      experiments: chosen.map(({ source_id, name }) => ({ source_id, name: nameHere(source_id, name, prefix) })),
      models: models.map((name) => `${prefix}${name}`),
    },
    signal,
  });
  if (plan.taken.length > 0) {
    throw importErrors.NAMES_TAKEN({ list: plan.taken.map((one) => `  ${one}`).join('\n') });
  }
  const counted = await source.counts(chosen.map(({ source_id }) => source_id));
  if (options.dryRun) {
    noteCounts(report, counted);
    return report;
  }
  const { id } = await client.request<{ id: string }>('POST', '/api/v1/imports', {
    json: { store, kind: source.kind, address: source.address },
    signal,
  });
  const mapping: Mapping = { experiments: new Map(), prefix, root: plan.artifact_root, places: new Map() };
  const work: Work = { ...call, id, mapping, owners: [] };
  Object.assign(report, { import: id });
  Object.assign(mapping, { experiments: await importExperiments(work, chosen, plan) });
  await importRest(work, chosen);
  noteCounts(report, counted);
  closeReport(report);
  if (report.written > 0 || plan.resumes || plan.import === null) {
    await client.request('POST', `/api/v1/imports/${id}/done`, { json: { report }, signal });
  }
  return report;
}

/** Logged models first, since versions and files are found by them; files last, for all rows are there then. */
async function importRest(work: Work, chosen: readonly SourceExperiment[]): Promise<void> {
  for (const { source_id } of chosen) await importLoggedModels(work, source_id);
  for (const { source_id } of chosen) await importRuns(work, source_id);
  if (work.options.experiments.length === 0) await importRegistry(work);
  for (const owner of work.owners) await importArtifacts(work, owner);
}

async function chooseExperiments(source: MlflowSource, names: readonly string[]): Promise<SourceExperiment[]> {
  const all = await source.experiments();
  for (const name of names) {
    if (all.some((one) => one.name === name)) continue;
    throw importErrors.NO_EXPERIMENT({ name, names: all.map((one) => one.name).slice(0, 50) });
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

async function namesOfModels(source: MlflowSource): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of source.registeredModels()) names.push(name);
  return names;
}

/** A store is known by its oldest experiment, so that a moved file, a copy or its server count as the same. */
function storeOf({ address }: MlflowSource, experiments: readonly SourceExperiment[]): string {
  const [oldest] = [...experiments].sort((a, b) => a.created_at - b.created_at || (a.source_id < b.source_id ? -1 : 1));
  return oldest && oldest.created_at > 0 ? `mlflow:${oldest.source_id}:${oldest.created_at}` : `mlflow:${address}`;
}

/** The experiment 0 is the same everywhere, whatever the others are called. */
function nameHere(sourceId: string, name: string, prefix: string): string {
  return sourceId === '0' ? name : `${prefix}${name}`;
}

async function importExperiments(
  work: Work,
  chosen: readonly SourceExperiment[],
  plan: PlanResponse,
): Promise<Map<string, number>> {
  const { client, report, signal, options } = work;
  const root = plan.artifact_root;
  const records = chosen.map((one) => ({
    ...one,
    name: nameHere(one.source_id, one.name, options.prefix),
    artifact_location: options.artifacts ? null : remote(one.artifact_location),
  }));
  const ids = new Map(plan.experiments.flatMap(({ source_id, id }) => (id === null ? [] : [[source_id, id] as const])));
  const before = await digestsOf(work, 'experiment', [...ids.values()].map(String));
  const due = records.filter((record) => {
    const id = ids.get(record.source_id);
    return id === undefined || !isEqual(digestExperiment(record, { id, root }), before.get(String(id)));
  });
  for (const batch of pieces(due, 500)) {
    const { experiments } = await client.request<{ experiments: { source_id: string; id: number }[] }>(
      'POST',
      `/api/v1/imports/${work.id}/experiments`,
      { json: { experiments: batch }, signal },
    );
    for (const { source_id, id } of experiments) ids.set(source_id, id);
    report.written += batch.length;
  }
  const after = await digestsOf(work, 'experiment', [...ids.values()].map(String));
  for (const record of records) {
    const id = ids.get(record.source_id) ?? -1;
    compare(work, `experiment ${record.name}`, digestExperiment(record, { id, root }), after.get(String(id)));
    if (String(id) !== record.source_id) report.renumbered.push({ name: record.name, from: record.source_id, to: id });
  }
  return ids;
}

/** Where new runs may go on writing without this server; a folder of some machine is no such place. */
function remote(location: string | null): string | null {
  return location !== null && /^(?!file:|mlflow-artifacts:)[a-z][a-z0-9+.-]*:\/\//i.test(location) ? location : null;
}

async function importLoggedModels(work: Work, experiment: string): Promise<void> {
  for await (const batch of work.source.loggedModels(experiment)) {
    const records: LoggedModelRecord[] = [];
    for (const model of batch) {
      const owner = await ownerOf(work, 'logged-model', model);
      const record = mapModel(model, work.mapping, owner !== null);
      if (!isValid(work, LoggedModelRecord, record, `logged model ${record.id}`)) continue;
      records.push(record);
      if (owner) work.owners.push(owner);
    }
    await bring(work, {
      ...{ kind: 'logged-model', path: 'logged-models', what: 'logged models' },
      records: records.map((record) => ({ id: record.id, record, parts: digestLoggedModel(record) })),
    });
  }
}

async function importRegistry(work: Work): Promise<void> {
  for await (const model of work.source.registeredModels()) {
    const record = mapRegisteredModel(model, work.mapping);
    if (!isValid(work, RegisteredModelRecord, record, `registered model ${record.name}`)) continue;
    await bring(work, {
      ...{ kind: 'registered-model', path: 'registered-models', what: 'registered models' },
      records: [{ id: record.name, record, parts: digestRegisteredModel(record) }],
    });
  }
}

/** Writes those that differ, and compares all of them. */
async function bring(
  work: Work,
  given: {
    readonly kind: string;
    readonly path: string;
    readonly what: string;
    readonly records: readonly { readonly id: string; readonly record: unknown; readonly parts: Digests }[];
  },
): Promise<void> {
  const { client, report, signal } = work;
  const { kind, records, path, what } = given;
  const ids = records.map(({ id }) => id);
  let found = await digestsOf(work, kind, ids);
  const due = records.filter(({ id, parts }) => !isEqual(parts, found.get(id)));
  if (due.length > 0) {
    const json = { models: due.map(({ record }) => record) };
    const { refused } = await client.request<{ refused: string[] }>('POST', `/api/v1/imports/${work.id}/${path}`, {
      json,
      signal,
    });
    noteRefused(work, what, refused);
    report.written += due.length - refused.length;
    found = await digestsOf(work, kind, ids);
  }
  for (const { id, parts } of records) compare(work, `${what} ${id}`, parts, found.get(id));
  work.onProgress(what, records.length);
}

function noteCounts(report: ImportReport, counted: Readonly<Record<string, number>>): void {
  const none = { count: 0, sha256: '0'.repeat(64) };
  for (const [kind, count] of Object.entries(counted)) {
    const found = report.kinds[kind];
    if (found) found.counted = count;
    else if (count > 0) report.kinds[kind] = { counted: count, source: none, bucle: none };
  }
}
