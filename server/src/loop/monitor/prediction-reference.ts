import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import type { Context } from '../../context.ts';
import { BucleError } from '../../platform/errors.ts';
import { describeColumns } from '../../platform/parquet/describe-columns.ts';
import { readRows } from '../../platform/parquet/read-rows.ts';
import type { PredictionMeaning } from '../deploy/index.ts';
import { measureMetric, metricsOf, type ScoredRow, toLabel } from '../evaluate/index.ts';
import { openRunFile } from '../track/index.ts';
import type { Monitor } from './monitor.ts';
import type { ReferenceQuality } from './reference-quality.ts';
import { groupByWindow, timeOfCell, usableWindows } from './reference-windows.ts';
import { addRows, emptyProfile, type FeatureBinning, makeBinning, type Profile } from './statistics/index.ts';
import { PREDICTION } from './window-profile.ts';

/** Where a training run leaves its out-of-fold predictions: columns `event_time`, `prediction` and perhaps `label`. */
export const PREDICTIONS_PATH = 'reference/predictions.parquet';

const DAY = 86_400_000;
const Z95 = 1.959964;
/** Below this many windows nothing may alarm. */
const LEAST = 4;
/** Out-of-fold predictions are kept in memory: more than this are cut off. */
const MOST_ROWS = 5_000_000;

export interface PredictionReference {
  /** `run:ID`; null: there is none. */
  readonly from: string | null;
  readonly binning: FeatureBinning | null;
  readonly windows: readonly {
    readonly start: number;
    readonly profile: Profile;
    readonly quality: ReferenceQuality | null;
  }[];
  readonly notes: readonly string[];
}

interface Wanted {
  readonly monitor: Monitor;
  readonly run: string | null;
  readonly meaning: PredictionMeaning | null;
  readonly binning: FeatureBinning | null;
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/** The stable version's own predictions of rows that it was not trained on; says why when there is none. */
export async function predictionReference(
  parts: Pick<Context, 'db' | 'blobs'>,
  wanted: Wanted,
): Promise<PredictionReference> {
  if (wanted.meaning === null) {
    return nothing('The endpoint does not declare what its prediction means, so that predictions are not watched.');
  }
  if (wanted.run === null) return nothing(learning('Nobody knows which run trained the stable version'));
  try {
    return await read(parts, { ...wanted, run: wanted.run, meaning: wanted.meaning });
  } catch (error) {
    if (error instanceof BucleError && !error.retryable) {
      return nothing(learning(`${PREDICTIONS_PATH} of run:${wanted.run} cannot be used: ${error.message}`));
    }
    throw error;
  }
}

type Row = readonly [time: unknown, prediction: unknown, label: unknown];

async function read(
  parts: Pick<Context, 'db' | 'blobs'>,
  wanted: Wanted & { readonly run: string; readonly meaning: PredictionMeaning },
): Promise<PredictionReference> {
  const { monitor, run, meaning, scratch, signal } = wanted;
  const file = await openRunFile(parts, run, PREDICTIONS_PATH);
  if (!file) return nothing(learning(`run:${run} has no artifact ${PREDICTIONS_PATH} with out-of-fold predictions`));
  await mkdir(scratch, { recursive: true });
  const path = join(scratch, 'predictions.parquet');
  await pipeline(file.body, createWriteStream(path), { signal });
  const files = [{ path, name: PREDICTIONS_PATH, format: 'parquet' as const }];
  const work = { scratch: join(scratch, 'work'), signal };
  const present = (await describeColumns(files, work)).map(({ name }) => name);
  const columns = ['event_time', 'prediction', ...(present.includes('label') ? ['label'] : [])];
  const rows: Row[] = [];
  for await (const batch of readRows(files, { columns, ...work })) {
    for (const [time, prediction, label = null] of batch.rows) {
      if (rows.length < MOST_ROWS) rows.push([time, meaningful(prediction, meaning), label]);
    }
  }
  const binning =
    wanted.binning ??
    makeBinning(
      PREDICTION,
      rows.map(([, prediction]) => prediction),
      kindOf(meaning),
    );
  const groups = [...groupByWindow(rows, 0, monitor.windowMs)];
  const windows = groups.map(([start, group]) => ({ start, rows: group.length, group }));
  const usable = usableWindows(windows, { minRows: monitor.minRows, most: monitor.reference.windows });
  const said = `${PREDICTIONS_PATH} of run:${run} has ${usable.length} whole windows of at least ${monitor.minRows} rows`;
  if (usable.length < LEAST) return { ...nothing(learning(`${said}, and ${LEAST} are needed, 8 are good`)), binning };
  const profiles = [];
  for (const { start, group } of usable) {
    signal.throwIfAborted();
    const profile = emptyProfile([binning]);
    addRows(
      profile,
      [binning],
      [PREDICTION],
      group.map(([, prediction]) => [prediction]),
    );
    profiles.push({ start, profile, quality: await qualityOf(group, meaning) });
  }
  const few = usable.length < 8 ? [`${said}; 8 are needed to know well how much windows differ by themselves.`] : [];
  return { from: `run:${run}`, binning, windows: profiles, notes: few };
}

function learning(why: string): string {
  return `${why}: the prediction's reference are its own first 8 windows.`;
}

function nothing(note: string): PredictionReference {
  return { from: null, binning: null, windows: [], notes: [note] };
}

export function kindOf({ kind }: PredictionMeaning): FeatureBinning['kind'] {
  return kind === 'class' ? 'categorical' : 'numeric';
}

function meaningful(value: unknown, { kind }: PredictionMeaning): unknown {
  return kind === 'class' && value !== null && value !== undefined ? String(value) : value;
}

/** Every metric of the kind, with its standard error; null without labels. */
async function qualityOf(rows: readonly Row[], meaning: PredictionMeaning): Promise<ReferenceQuality | null> {
  const { kind, threshold } = meaning;
  const scored = rows.flatMap(([time, prediction, label]): ScoredRow[] => {
    const truth = toLabel(label as Parameters<typeof toLabel>[0], kind);
    if (truth === null || (typeof prediction !== 'number' && typeof prediction !== 'string')) return [];
    return [{ label: truth, prediction, group: Math.floor((timeOfCell(time) ?? 0) / DAY) }];
  });
  if (scored.length === 0) return null;
  const metrics: ReferenceQuality['metrics'][number][] = [];
  for (const name of metricsOf(kind)) {
    await breathe();
    const { value, low, high } = measureMetric(name, scored, { kind, threshold });
    if (value === null || low === null || high === null) continue;
    metrics.push({ name, value, standardError: (high - low) / (2 * Z95) });
  }
  return { rows: scored.length, metrics };
}
