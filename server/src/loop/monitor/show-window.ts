import type { Static } from 'typebox';
import type { Db } from '../../database.ts';
import { monitorErrors } from './errors.ts';
import { gatherWindow } from './gather-window.ts';
import type { Compared } from './judge-window.ts';
import { findMonitor } from './monitor.store.ts';
import { findReference } from './reference.store.ts';
import { listResults } from './result.store.ts';
import { findStableVersion } from './stable-version.ts';
import { toHistogram, toResultView, toWindowView, type WindowDetail } from './window.schema.ts';
import { findWindow } from './window.store.ts';

/** A window with all its results, its histograms and those of its reference. @throws MONITOR_WINDOW_NOT_FOUND, MONITOR_NOT_MONITORED */
export async function showWindow(db: Db, endpoint: string, start: number): Promise<Static<typeof WindowDetail>> {
  const monitor = await findMonitor(db, endpoint);
  if (!monitor) throw monitorErrors.NOT_MONITORED({ endpoint });
  const window = await findWindow(db, endpoint, start);
  if (!window) throw monitorErrors.WINDOW_NOT_FOUND({ endpoint, start: new Date(start).toISOString() });
  const version = window.version ?? (await findStableVersion(db, endpoint));
  const reference = await findReference(db, endpoint, version);
  const gathered = reference ? await gatherWindow(db, monitor, window, reference) : null;
  const results = await listResults(db, endpoint, start);
  const show = ({ binning, window: counted, drift }: Compared) =>
    toHistogram(binning, { rows: counted.rows, features: { [binning.feature]: counted } }, drift.windows);
  return {
    ...toWindowView(endpoint, window),
    reference: reference
      ? {
          ...{ version, features_from: reference.features_from, prediction_from: reference.prediction_from },
          ...{ own_from: reference.own_from, built_at: reference.built_at },
          notes: JSON.parse(reference.notes) as string[],
        }
      : null,
    results: results.map(toResultView),
    features: Object.fromEntries((gathered?.features ?? []).map((one) => [one.binning.feature, show(one)])),
    prediction: gathered?.prediction ? show(gathered.prediction) : null,
  };
}
