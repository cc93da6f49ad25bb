import type { Context } from '../../context.ts';
import { findAlert } from './alert.store.ts';
import type { Alert } from './alert.ts';
import { close } from './alert-life.ts';
import { monitorErrors } from './errors.ts';
import { lockMonitor } from './lock-monitor.ts';
import { writeNewNormal } from './reference.store.ts';
import { PREDICTION } from './window-profile.ts';

/**
 * What alarms is the new normal: from the window that opened the alert on, the endpoint's own windows are the
 * reference of these features. Until there are 8 of them nothing of it alarms. @throws MONITOR_ALERT_NOT_FOUND,
 * MONITOR_ALERT_NOT_OPEN
 */
export async function acknowledgeAlert(
  parts: Pick<Context, 'db' | 'clock'>,
  given: { readonly id: string; readonly reason: string | null; readonly actor: string; readonly cause: string | null },
): Promise<Alert> {
  const { id, actor, cause } = given;
  const found = await findAlert(parts.db.read, id);
  if (!found) throw monitorErrors.ALERT_NOT_FOUND({ id });
  return parts.db.transaction(async (trx) => {
    await lockMonitor(parts, trx, found.endpoint);
    const alert = (await findAlert(trx, id)) ?? found;
    if (alert.state !== 'open') throw monitorErrors.ALERT_NOT_OPEN({ id, state: alert.state });
    const { endpoint, signal, firstWindow } = alert;
    for (const feature of featuresOf(alert)) {
      await writeNewNormal(trx, { endpoint, signal, feature, own_from: firstWindow, alert: id });
    }
    const reason = given.reason ?? 'acknowledged as the new normal';
    await close(trx, parts, alert, { state: 'acknowledged', window: null, by: actor, reason, cause });
    return (await findAlert(trx, id)) ?? alert;
  });
}

function featuresOf({ signal, features }: Alert): readonly string[] {
  if (signal === 'prediction_drift') return [PREDICTION];
  return features.length === 0 ? [''] : features;
}
