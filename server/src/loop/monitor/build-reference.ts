import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { failpoint } from '../../platform/config/failpoint.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import type { JobHandler, JobRun } from '../../platform/jobs/jobs.ts';
import { type Deployment, type Endpoint, findEndpoint, inputColumns, versionRef } from '../deploy/index.ts';
import { datasetReference } from './dataset-reference.ts';
import { lockMonitor } from './lock-monitor.ts';
import { findBinnings, findMonitor, watermarkOf, writeProgress } from './monitor.store.ts';
import { type Monitor, monitorRef } from './monitor.ts';
import { binCaptures, binPredictions, type CapturedSample, sampleCaptures } from './own-binnings.ts';
import { type PredictionReference, predictionReference } from './prediction-reference.ts';
import {
  findReference,
  hasReference,
  type ReferenceRow,
  type ReferenceWindow,
  writeReference,
} from './reference.store.ts';
import { REFERENCE_KIND, requestIngest } from './request-ingest.ts';
import { requestQuality } from './request-quality.ts';
import { findStable, NO_VERSION } from './stable-version.ts';
import type { FeatureBinning } from './statistics/index.ts';
import { windowStart } from './window.ts';
import type { Binnings } from './window-profile.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'clock' | 'jobs' | 'config'>;

/** Builds what windows are compared with while the present version holds stable traffic; once per version. */
export function referenceJob(parts: Parts): JobHandler {
  return {
    kind: REFERENCE_KIND,
    async handle(run) {
      const { endpoint } = run.job.payload as { endpoint: string };
      const monitor = await findMonitor(parts.db.read, endpoint);
      if (!monitor) return undefined;
      const stable = await findStable(parts.db.read, endpoint);
      const version = stable ? versionRef(stable.version) : NO_VERSION;
      if (await findReference(parts.db.read, endpoint, version)) return undefined;
      const scratch = join(parts.config.dataDir, 'scratch', `reference-${run.job.id}`);
      await rm(scratch, { recursive: true, force: true });
      await mkdir(scratch, { recursive: true });
      try {
        const built = await build(parts, run, { monitor, stable, version, scratch });
        if (built) await record(parts, run, monitor, built);
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
      return undefined;
    },
  };
}

interface Building {
  readonly monitor: Monitor;
  readonly stable: Deployment | null;
  readonly version: string;
  readonly scratch: string;
}

interface Built {
  readonly reference: ReferenceRow;
  readonly windows: readonly ReferenceWindow[];
  readonly binnings: Binnings;
  /** What was stored when it was read. */
  readonly before: string | null;
}

/** Null while there are too few captures to make bins from: the next ones ask again. */
async function build(parts: Parts, run: JobRun, given: Building): Promise<Built | null> {
  const { monitor, stable, version, scratch } = given;
  const { endpoint } = monitor;
  const declared = await findEndpoint(parts.db.read, endpoint);
  const meaning = declared?.prediction ?? null;
  const before = await findBinnings(parts.db.read, endpoint);
  const known = before === null ? null : (JSON.parse(before) as Binnings);
  const wanted = await wantedFeatures(parts, monitor, stable, declared);
  const common = { monitor, run: stable?.run ?? null, signal: run.signal };
  const features = await datasetReference(parts, {
    ...common,
    features: wanted,
    binnings: known?.features ?? null,
    scratch: join(scratch, 'features'),
  });
  const predictions = await predictionReference(parts, {
    ...common,
    meaning,
    binning: known?.prediction ?? null,
    scratch: join(scratch, 'predictions'),
  });
  const binnings = known ?? (await firstBinnings(parts, { monitor, wanted, features, predictions, declared }));
  if (binnings === null) return null;
  const unwatched =
    known === null ? [] : (wanted ?? []).filter((name) => !known.features.some(({ feature }) => feature === name));
  const unknown =
    unwatched.length === 0
      ? []
      : [
          `${version} takes columns that are not watched: ${unwatched.slice(0, 10).join(', ')}. Declare the features to begin anew with them.`,
        ];
  // The first reference may learn from the very first windows; a later one from where its version begins.
  const watermark = (await hasReference(parts.db.read, endpoint)) ? await watermarkOf(parts.db.read, endpoint) : null;
  return {
    reference: {
      ...{ endpoint, version, features_from: features.from, prediction_from: predictions.from },
      own_from: watermark === null ? null : windowStart(watermark, monitor.windowMs),
      notes: JSON.stringify([...features.notes, ...predictions.notes, ...unknown]),
      built_at: parts.clock.now(),
    },
    windows: [
      ...features.windows.map(({ start, profile }) => ({ part: 'features' as const, start, profile, quality: null })),
      ...predictions.windows.map((window) => ({ part: 'prediction' as const, ...window })),
    ],
    binnings,
    before,
  };
}

/** What the declaration names, else what the model takes; null: nobody says. */
async function wantedFeatures(
  parts: Parts,
  { features }: Monitor,
  stable: Deployment | null,
  declared: Endpoint | undefined,
): Promise<string[] | null> {
  if (features !== null) return [...features];
  const columns = stable ? await inputColumns(parts, stable.modelId) : null;
  return columns?.filter((column) => !isApart(column, declared)) ?? null;
}

/** Times and keys drift by their nature. */
function isApart(column: string, declared: Endpoint | undefined): boolean {
  return column === declared?.eventTime.feature || column === declared?.key;
}

/** How rows are counted for as long as the monitor lives: from the dataset, and what that does not have from captures. */
async function firstBinnings(
  parts: Parts,
  given: {
    readonly monitor: Monitor;
    readonly wanted: readonly string[] | null;
    readonly features: { readonly binnings: readonly FeatureBinning[] };
    readonly predictions: PredictionReference;
    readonly declared: Endpoint | undefined;
  },
): Promise<Binnings | null> {
  const { monitor, wanted, features, predictions, declared } = given;
  const meaning = declared?.prediction ?? null;
  const counted = features.binnings.map(({ feature }) => feature);
  const missing = wanted?.filter((feature) => !counted.includes(feature)) ?? [];
  const fromDataset = counted.length > 0 && missing.length === 0;
  if (fromDataset && (predictions.binning !== null || meaning === null)) {
    return { features: features.binnings, prediction: predictions.binning };
  }
  const sample: CapturedSample | null = await sampleCaptures(parts, monitor, meaning);
  if (sample === null) return null;
  const captured = [...sample.values.keys()].filter((column) => !isApart(column, declared));
  const own = counted.length > 0 ? missing : (wanted ?? captured);
  return {
    features: [...features.binnings, ...binCaptures(sample, own)],
    prediction: predictions.binning ?? (meaning && binPredictions(sample, meaning)),
  };
}

async function record(parts: Parts, run: JobRun, monitor: Monitor, built: Built): Promise<void> {
  const { endpoint } = monitor;
  const { reference, windows, binnings, before } = built;
  failpoint('monitor:reference:before');
  await parts.db.transaction(async (trx) => {
    await run.fence(trx);
    await lockMonitor(parts, trx, endpoint);
    const present = await findMonitor(trx, endpoint);
    if (present?.id !== monitor.id || (await findBinnings(trx, endpoint)) !== before) return;
    if (await findReference(trx, endpoint, reference.version)) return;
    await writeReference(trx, reference, windows);
    if (before === null) await writeProgress(trx, endpoint, { binnings: JSON.stringify(binnings) });
    const { version, features_from, prediction_from, notes } = reference;
    await appendEvent(trx, parts, {
      ...{ type: 'monitor.reference.built', subject: monitorRef(endpoint), actor: 'monitor' },
      data: { endpoint, version, features_from, prediction_from, notes: JSON.parse(notes) as string[] },
    });
    await requestIngest(parts, trx, endpoint);
    await requestQuality(parts, trx, endpoint);
  });
  failpoint('monitor:reference:after');
}
