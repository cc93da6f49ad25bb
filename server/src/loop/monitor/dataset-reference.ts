import { link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { BucleError } from '../../platform/errors.ts';
import { describeColumns } from '../../platform/parquet/describe-columns.ts';
import { readRows } from '../../platform/parquet/read-rows.ts';
import { type TableFile, tableEnding, tableFormat } from '../../platform/parquet/table-file.ts';
import {
  type DatasetVersion,
  findDatasetDeclaration,
  formatDatasetRef,
  loadManifest,
  materialiseVersion,
  resolveVersion,
} from '../data/index.ts';
import { findRun } from '../track/index.ts';
import type { Monitor } from './monitor.ts';
import { groupByWindow, usableWindows } from './reference-windows.ts';
import { ValueSample } from './sample-values.ts';
import { addRows, emptyProfile, type FeatureBinning, makeBinning, type Profile } from './statistics/index.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'config'>;

export interface DatasetReference {
  /** `dataset:flights@2`; null: there is none. */
  readonly from: string | null;
  readonly binnings: readonly FeatureBinning[];
  readonly windows: readonly { readonly start: number; readonly profile: Profile }[];
  readonly notes: readonly string[];
}

/** Below this many windows nothing may alarm: then the endpoint's own windows are better. */
const LEAST = 4;

interface Wanted {
  readonly monitor: Monitor;
  /** Run that trained the stable version; null: nobody knows. */
  readonly run: string | null;
  /** What the model takes; null: every column. */
  readonly features: readonly string[] | null;
  /** How features are counted already; null: not yet. */
  readonly binnings: readonly FeatureBinning[] | null;
  /** An empty folder of this call's own. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/** The features of the windows of the dataset that the stable version was trained on; says why when there is none. */
export async function datasetReference(parts: Parts, wanted: Wanted): Promise<DatasetReference> {
  const name = wanted.monitor.reference.dataset;
  if (name === null) return nothing();
  try {
    return await read(parts, name, wanted);
  } catch (error) {
    // What would fail again is the answer; anything else is tried again.
    if (error instanceof BucleError && !error.retryable) return nothing(`${lead(name)}: ${error.message}`);
    throw error;
  }
}

async function read(parts: Parts, name: string, wanted: Wanted): Promise<DatasetReference> {
  const { monitor, scratch, signal } = wanted;
  const notes: string[] = [];
  const version = await trainedOn(parts, name, wanted.run, notes);
  const declared = await findDatasetDeclaration(parts.db.read, name);
  const time = declared?.eventTime ?? null;
  if (!declared || time === null) return nothing(`${lead(name)}: it declares no event time`);
  const files = await tablesOf(parts, version, scratch, signal);
  const work = { scratch: join(scratch, 'work'), signal };
  const present = (await describeColumns(files, work)).map(({ name: column }) => column);
  if (!present.includes(time)) return nothing(`${lead(name)}: ${formatDatasetRef(version)} has no column ${time}`);
  const apart = [time, declared.label, declared.key];
  const features = (wanted.features ?? present).filter((column) => present.includes(column) && !apart.includes(column));
  const absent = (wanted.features ?? []).filter((column) => !present.includes(column));
  if (absent.length > 0) notes.push(`${formatDatasetRef(version)} has no column ${absent.slice(0, 10).join(', ')}.`);
  const columns = [time, ...features];
  const binnings = wanted.binnings ?? (await makeBinnings(files, { columns, ...work }));
  const used = binnings.filter(({ feature }) => features.includes(feature));
  const windows = await foldFiles(files, { columns, binnings: used, windowMs: monitor.windowMs, ...work });
  const usable = usableWindows(windows, { minRows: monitor.minRows, most: monitor.reference.windows });
  const said = `${formatDatasetRef(version)} has ${usable.length} whole windows of at least ${monitor.minRows} rows`;
  if (usable.length < LEAST) return nothing(`${said}; at least ${LEAST} are needed, 8 are good`, binnings);
  if (usable.length < 8) notes.push(`${said}; 8 are needed to know well how much windows differ by themselves.`);
  return { from: formatDatasetRef(version), binnings, windows: usable, notes };
}

function lead(name: string): string {
  return `The dataset ${name} gives no reference`;
}

function nothing(note?: string, binnings: readonly FeatureBinning[] = []): DatasetReference {
  const notes = note === undefined ? [] : [`${note}: the first windows of the endpoint are its reference.`];
  return { from: null, binnings, windows: [], notes };
}

/** The version that the run says it read; else the latest. */
async function trainedOn(
  { db }: Pick<Context, 'db'>,
  name: string,
  runId: string | null,
  notes: string[],
): Promise<DatasetVersion> {
  const run = runId === null ? undefined : await findRun(db.read, runId);
  for (const { dataset } of run?.inputs ?? []) {
    const ref = sourceRef(dataset.source);
    if (dataset.source_type === 'bucle' && ref?.startsWith(`dataset:${name}@`)) return resolveVersion({ db }, ref);
  }
  const latest = await resolveVersion({ db }, name);
  notes.push(
    `The run of the stable version names no version of ${name}: ${formatDatasetRef(latest)}, the latest, is used.`,
  );
  return latest;
}

function sourceRef(source: string): string | undefined {
  try {
    const { uri } = JSON.parse(source) as { uri?: unknown };
    return typeof uri === 'string' ? uri : undefined;
  } catch {
    return undefined;
  }
}

/** Names in a manifest may hold any character; the reader of tables gets plain ones. */
async function tablesOf(
  parts: Parts,
  version: DatasetVersion,
  scratch: string,
  signal: AbortSignal,
): Promise<TableFile[]> {
  const { files } = await loadManifest(parts, version.id);
  await materialiseVersion(parts, version, join(scratch, 'version'), signal);
  await mkdir(join(scratch, 'in'));
  const tables: TableFile[] = [];
  for (const { path } of files) {
    const format = tableFormat(path);
    if (format === null) continue;
    const plain = join(scratch, 'in', `${tables.length}${tableEnding(path) ?? ''}`);
    await link(join(scratch, 'version', path), plain);
    tables.push({ path: plain, name: path, format });
  }
  return tables;
}

interface Reading {
  readonly columns: readonly string[];
  readonly scratch: string;
  readonly signal: AbortSignal;
}

async function makeBinnings(files: readonly TableFile[], { columns, ...options }: Reading): Promise<FeatureBinning[]> {
  const sample = new ValueSample(columns);
  for await (const { rows } of readRows(files, { columns, ...options })) sample.add(rows);
  return columns.slice(1).map((column) => makeBinning(column, sample.of(column)));
}

async function foldFiles(
  files: readonly TableFile[],
  given: Reading & { readonly binnings: readonly FeatureBinning[]; readonly windowMs: number },
): Promise<{ start: number; rows: number; profile: Profile }[]> {
  const { columns, binnings, windowMs, ...options } = given;
  const profiles = new Map<number, Profile>();
  for await (const { rows } of readRows(files, { columns, ...options })) {
    for (const [start, group] of groupByWindow(rows, 0, windowMs)) {
      const profile = profiles.get(start) ?? emptyProfile(binnings);
      profiles.set(start, profile);
      addRows(profile, binnings, columns, group);
    }
  }
  return [...profiles].map(([start, profile]) => ({ start, rows: profile.rows, profile }));
}
