import type { Db } from '../../database.ts';
import type { Compared, Judgeable } from './judge-window.ts';
import { findBinnings } from './monitor.store.ts';
import { MIN_REFERENCE_WINDOWS, type Monitor } from './monitor.ts';
import { listNewNormals, listReferenceWindows, type NewNormal, type ReferenceRow } from './reference.store.ts';
import type { Signal } from './signal.ts';
import { NO_VERSION } from './stable-version.ts';
import { emptyFeature } from './statistics/feature-profile.ts';
import { type FeatureBinning, type FeatureProfile, featureOf, type Profile, SLOW_WINDOWS } from './statistics/index.ts';
import { findProfiles, listClosedWindows, type WindowRow } from './window.store.ts';
import {
  addWindowProfiles,
  type Binnings,
  emptyWindowProfile,
  PREDICTION,
  type WindowProfile,
} from './window-profile.ts';

interface Gathering {
  readonly db: Db;
  readonly monitor: Monitor;
  readonly binnings: Binnings;
  readonly window: WindowRow;
  readonly reference: ReferenceRow;
}

/** What is known of one window: features over all versions, predictions of the one that holds stable traffic. */
interface Seen {
  readonly start: number;
  readonly rows: number;
  readonly features: Profile;
  readonly prediction: Profile;
}

/** All that the judgement of a window needs; null while there are no binnings. */
export async function gatherWindow(
  db: Db,
  monitor: Monitor,
  window: WindowRow,
  reference: ReferenceRow,
): Promise<Judgeable | null> {
  const { endpoint } = monitor;
  const text = await findBinnings(db, endpoint);
  if (text === null) return null;
  const gathering: Gathering = { db, monitor, binnings: JSON.parse(text) as Binnings, window, reference };
  const normals = await listNewNormals(db, endpoint);
  const own = new OwnWindows(gathering);
  const now = await seen(gathering, window);
  const before = await listBefore(gathering);
  const features = await listReferenceWindows(db, { endpoint, version: reference.version, part: 'features' });
  const predictions = await listReferenceWindows(db, { endpoint, version: reference.version, part: 'prediction' });
  const refer = async (signal: Signal, feature: string, stored: readonly { profile: Profile }[], part: Part) => {
    const from = normals.find((normal) => normal.signal === signal && normal.feature === feature)?.own_from ?? null;
    if (from === null && stored.length > 0)
      return {
        windows: pick(
          stored.map(({ profile }) => profile),
          feature,
        ),
        own: false,
      };
    const windows = await own.first(from ?? reference.own_from ?? Number.MIN_SAFE_INTEGER);
    return {
      windows: pick(
        windows.map((one) => one[part]),
        feature,
      ),
      own: true,
    };
  };
  const compared = async (binning: FeatureBinning): Promise<Compared> => ({
    binning,
    drift: await refer('data_drift', binning.feature, features, 'features'),
    shares: await refer('data_quality', binning.feature, features, 'features'),
    window: profileOf(now.features, binning),
    before: before
      .filter(isSince(normals, 'data_drift', binning.feature))
      .map((one) => profileOf(one.features, binning)),
  });
  const list: Compared[] = [];
  for (const binning of gathering.binnings.features) list.push(await compared(binning));
  const { prediction } = gathering.binnings;
  return {
    ...{ monitor, features: list },
    prediction: prediction && {
      binning: prediction,
      drift: await refer('prediction_drift', PREDICTION, predictions, 'prediction'),
      shares: null,
      window: profileOf(now.prediction, prediction),
      before: before
        .filter(isSince(normals, 'prediction_drift', PREDICTION))
        .map((one) => profileOf(one.prediction, prediction)),
    },
    volume: { rows: window.row_count, reference: await own.volumes(normals) },
  };
}

type Part = 'features' | 'prediction';

/** After an acknowledgement, drift that was there before counts no more. */
function isSince(normals: readonly NewNormal[], signal: Signal, feature: string): (one: Seen) => boolean {
  const from = normals.find((normal) => normal.signal === signal && normal.feature === feature)?.own_from;
  return ({ start }) => from === undefined || start >= from;
}

function pick(profiles: readonly Profile[], feature: string): FeatureProfile[] {
  return profiles.flatMap((profile) => featureOf(profile, feature) ?? []);
}

function profileOf(profile: Profile, binning: FeatureBinning): FeatureProfile {
  return featureOf(profile, binning.feature) ?? emptyFeature(binning);
}

/** The windows just before with the same reference, as far as slow drift looks back. */
async function listBefore({ db, monitor, window, ...rest }: Gathering): Promise<Seen[]> {
  const range = { from: window.start - (SLOW_WINDOWS - 1) * monitor.windowMs, before: window.start };
  const rows = await listClosedWindows(db, monitor.endpoint, { ...range, limit: SLOW_WINDOWS - 1, newest: true });
  const same = rows.filter(({ version }) => version === rest.reference.version);
  return Promise.all(same.map((row) => seen({ db, monitor, window, ...rest }, row)));
}

/** The endpoint's own first windows since a moment, as reference. */
class OwnWindows {
  readonly #given: Gathering;
  readonly #known = new Map<number, Promise<Seen[]>>();

  constructor(given: Gathering) {
    this.#given = given;
  }

  first(from: number): Promise<Seen[]> {
    const present = this.#known.get(from) ?? this.#read(from);
    this.#known.set(from, present);
    return present;
  }

  async volumes(normals: readonly NewNormal[]): Promise<number[]> {
    const from = normals.find(({ signal }) => signal === 'volume')?.own_from ?? Number.MIN_SAFE_INTEGER;
    return (await this.#rows(from)).map(({ row_count }) => row_count);
  }

  async #read(from: number): Promise<Seen[]> {
    return Promise.all((await this.#rows(from)).map((row) => seen(this.#given, row)));
  }

  async #rows(from: number): Promise<WindowRow[]> {
    const { db, monitor, window } = this.#given;
    const range = { from, before: window.start, limit: 3 * MIN_REFERENCE_WINDOWS };
    const rows = await listClosedWindows(db, monitor.endpoint, range);
    return rows.filter(({ row_count }) => row_count >= monitor.minRows).slice(0, MIN_REFERENCE_WINDOWS);
  }
}

async function seen({ db, monitor, binnings, reference }: Gathering, { start, row_count }: WindowRow): Promise<Seen> {
  const profiles = await findProfiles(db, monitor.endpoint, start);
  const all = [...profiles.values()].reduce<WindowProfile>(addWindowProfiles, emptyWindowProfile(binnings));
  const { version } = reference;
  const stable = version === NO_VERSION ? all : (profiles.get(version) ?? emptyWindowProfile(binnings));
  return { start, rows: row_count, features: all.features, prediction: stable.prediction };
}
