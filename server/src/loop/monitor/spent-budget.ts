import type { Static } from 'typebox';
import type { Db } from '../../database.ts';
import type { BudgetView } from './alert.schema.ts';
import { countAlerts } from './alert.store.ts';
import { monitorErrors } from './errors.ts';
import { findBinnings, findMonitor, watermarkOf } from './monitor.store.ts';
import { windowsPerYear } from './monitor.ts';
import { type Signal, signals } from './signal.ts';
import { type BudgetPart, splitBudget } from './statistics/index.ts';
import type { Binnings } from './window-profile.ts';

const YEAR = 365.25 * 86_400_000;

const PARTS: Readonly<Record<Signal, readonly BudgetPart[]>> = {
  data_drift: ['featureDrift', 'featureSlowDrift'],
  data_quality: ['dataQuality'],
  prediction_drift: ['predictionDrift', 'predictionSlowDrift'],
  quality: ['quality'],
  volume: ['volume'],
};

/** How many alerts the last year of event time had, beside what the budget allows. @throws MONITOR_NOT_MONITORED */
export async function spentBudget(db: Db, endpoint: string): Promise<Static<typeof BudgetView>> {
  const monitor = await findMonitor(db, endpoint);
  if (!monitor) throw monitorErrors.NOT_MONITORED({ endpoint });
  const text = await findBinnings(db, endpoint);
  const features = text === null ? (monitor.features?.length ?? 0) : (JSON.parse(text) as Binnings).features.length;
  const { falseAlarmsPerYear } = monitor.budget;
  const budget = splitBudget({ falseAlarmsPerYear, features, windowsPerYear: windowsPerYear(monitor) });
  const now = (await watermarkOf(db, endpoint)) ?? 0;
  const opened = await countAlerts(db, { endpoint, from: now - YEAR, to: now + 1 });
  return {
    ...{ endpoint, features, false_alarms_per_year: falseAlarmsPerYear },
    signals: signals.map((signal) => ({
      signal,
      opened: opened.get(signal) ?? 0,
      false_alarms_per_year: PARTS[signal].reduce((sum, part) => sum + budget[part].falseAlarmsPerYear, 0),
      alpha: budget[PARTS[signal][0] ?? 'volume'].alpha,
    })),
  };
}
