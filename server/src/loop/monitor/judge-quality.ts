import type { Db } from '../../database.ts';
import { versionRef } from '../deploy/index.ts';
import type { MetricValue } from '../evaluate/index.ts';
import { type Monitor, windowsPerYear } from './monitor.ts';
import { listFinalQuality, type QualityRow } from './quality.store.ts';
import type { LabelCoverage, WindowQuality } from './quality.ts';
import { listNewNormals } from './reference.store.ts';
import { listReferenceQuality } from './reference-quality.ts';
import { findStable } from './stable-version.ts';
import { type QualityResult, splitBudget, testQuality } from './statistics/index.ts';

/** So many of an endpoint's own windows, the first ones of a version, are its reference where its training run left none. */
const OWN_WINDOWS = 12;
/** Half a 95 % interval, in standard errors. */
const HALF_INTERVAL = 1.959964;

/** Whether a final window was worse than its version promised. */
export interface QualityVerdict extends QualityResult {
  readonly metric: string;
  readonly version: string;
  /** `run`: out-of-fold predictions of the version's training run; `own`: earlier windows of the version here. */
  readonly reference: 'run' | 'own';
}

type Measured = { value: number; standardError: number };

/** Null when the monitor declares no metric, or the predictions have none of that name. */
export async function judgeQuality(
  db: Db,
  monitor: Monitor,
  { window_start: start }: Pick<QualityRow, 'window_start'>,
  quality: WindowQuality,
): Promise<QualityVerdict | null> {
  const { endpoint, budget, quality: declared } = monitor;
  if (declared === null) return null;
  const stable = await findStable(db, endpoint);
  const version = stable ? versionRef(stable.version) : mainVersion(quality);
  const part = partOf(quality, version);
  const metric = part?.metrics.find(({ name }) => name === declared.metric);
  if (!part || !metric || version === null) return null;
  const { reference, from } = await referenceOf(db, monitor, { start, version });
  const levels = splitBudget({ ...budget, features: 1, windowsPerYear: windowsPerYear(monitor) });
  const enough = part.labelled >= monitor.minRows && (part.coverage ?? 0) >= monitor.labels.coverage;
  const result = testQuality({
    ...{ reference, higherIsBetter: metric.higherIsBetter, tolerance: declared.tolerance, alpha: levels.quality.alpha },
    window: (enough ? measuredOf(metric) : null) ?? { value: Number.NaN, standardError: Number.NaN },
  });
  const note = enough
    ? result.note
    : `${part.labelled} of ${part.predictions} predictions have labels: too few to judge`;
  return { ...result, note, metric: declared.metric, version, reference: from };
}

async function referenceOf(
  db: Db,
  { endpoint, minRows, quality: declared }: Monitor,
  { start, version }: { readonly start: number; readonly version: string },
): Promise<{ reference: Measured[]; from: QualityVerdict['reference'] }> {
  const normal = (await listNewNormals(db, endpoint)).find(({ signal }) => signal === 'quality');
  const left = normal ? [] : await listReferenceQuality(db, endpoint, version);
  const ofRun = left.flatMap(({ metrics }) => metrics.filter(({ name }) => name === declared?.metric));
  if (ofRun.length > 0) return { reference: ofRun, from: 'run' };
  const earlier = await listFinalQuality(db, endpoint, {
    from: normal?.own_from ?? Number.MIN_SAFE_INTEGER,
    to: start,
  });
  const own = earlier.flatMap(({ quality }) => {
    const stored =
      quality === null ? null : (JSON.parse(quality) as WindowQuality & { verdict: QualityVerdict | null });
    // What was an alarm is not what one expects from then on.
    if (stored === null || stored.verdict?.state === 'alarm') return [];
    const part = partOf(stored, version);
    const metric = part?.metrics.find(({ name }) => name === declared?.metric);
    return part && metric && part.labelled >= minRows ? (measuredOf(metric) ?? []) : [];
  });
  return { reference: own.slice(0, OWN_WINDOWS), from: 'own' };
}

type VersionPart = LabelCoverage & { readonly metrics: readonly MetricValue[] };

function partOf(quality: WindowQuality, version: string | null): VersionPart | null {
  if (quality.versions.length === 0) return quality.version === version ? quality : null;
  return quality.versions.find((one) => one.version === version) ?? null;
}

/** The version of most predictions of a window. */
function mainVersion({ version, versions }: WindowQuality): string | null {
  const [first] = [...versions].sort((one, other) => other.predictions - one.predictions);
  return first?.version ?? version;
}

function measuredOf({ value, low, high }: MetricValue): Measured | null {
  if (value === null || low === null || high === null) return null;
  return { value, standardError: (high - low) / (2 * HALF_INTERVAL) };
}
