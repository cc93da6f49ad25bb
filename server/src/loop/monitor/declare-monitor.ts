import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { findEndpoint } from '../deploy/index.ts';
import { endAllAlerts } from './alert-life.ts';
import { monitorErrors } from './errors.ts';
import { fillInbox } from './fill-inbox.ts';
import { deleteInbox } from './ingest.store.ts';
import { lockMonitor } from './lock-monitor.ts';
import { deleteMonitor, findMonitor, writeMonitor, writeProgress } from './monitor.store.ts';
import {
  declarationOf,
  isSameBasis,
  isSameDeclaration,
  type Monitor,
  type MonitorDeclaration,
  monitorRef,
} from './monitor.ts';
import { deleteReferences } from './reference.store.ts';
import { requestIngest, requestReference } from './request-ingest.ts';
import { deleteWindows } from './window.store.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'jobs'>;

interface Because {
  readonly actor: string;
  /** Event or request that led to it. */
  readonly cause: string | null;
}

export interface DeclareMonitor extends Because {
  readonly endpoint: string;
  readonly declaration: MonitorDeclaration;
}

/**
 * Says how an endpoint is watched; the same again changes nothing. What was captured before is counted too. Other
 * windows, features or another reference begin anew from what captures are still there; the rest holds from the
 * next window that closes. @throws MONITOR_ENDPOINT_NOT_FOUND, MONITOR_DECLARATION_INVALID
 */
export async function declareMonitor(
  parts: Parts,
  { endpoint, declaration, actor, cause }: DeclareMonitor,
): Promise<{ readonly changed: boolean; readonly monitor: Monitor }> {
  requireSound(declaration);
  return parts.db.transaction(async (trx) => {
    await lockMonitor(parts, trx, endpoint);
    if (!(await findEndpoint(trx, endpoint))) throw monitorErrors.ENDPOINT_NOT_FOUND({ endpoint });
    const present = await findMonitor(trx, endpoint);
    if (present && isSameDeclaration(present, declaration)) return { changed: false, monitor: present };
    const anew = !present || !isSameBasis(present, declaration);
    const monitor: Monitor = {
      ...declarationOf(declaration),
      endpoint,
      id: anew ? uuidv7(parts.clock.now()) : present.id,
      revision: (present?.revision ?? 0) + 1,
      changedAt: parts.clock.now(),
      changedBy: actor,
    };
    const type = 'monitor.declared';
    const data = { endpoint, revision: monitor.revision, anew, declaration: declarationOf(declaration) };
    const event = await appendEvent(trx, parts, { type, subject: monitorRef(endpoint), actor, cause, data });
    if (present && anew) await forget(trx, parts, endpoint, event);
    await writeMonitor(trx, monitor);
    if (anew) {
      const nothing = { binnings: null, watermark: null, closed_until: null, implausible: 0, late: 0, problem: null };
      await writeProgress(trx, endpoint, nothing);
      await fillInbox(trx, endpoint);
      await requestReference(parts, trx, endpoint);
    }
    await requestIngest(parts, trx, endpoint);
    return { changed: true, monitor };
  });
}

/** Takes the monitor away, with all that it counted and found; captures and labels stay. False when there was none. */
export async function removeMonitor(
  parts: Parts,
  { endpoint, actor, cause }: Because & { readonly endpoint: string },
): Promise<boolean> {
  return parts.db.transaction(async (trx) => {
    await lockMonitor(parts, trx, endpoint);
    if (!(await findMonitor(trx, endpoint))) return false;
    const event = { type: 'monitor.removed', subject: monitorRef(endpoint), actor, cause, data: { endpoint } };
    await forget(trx, parts, endpoint, await appendEvent(trx, parts, event));
    await deleteMonitor(trx, endpoint);
    return true;
  });
}

/** Alerts stay as history. */
async function forget(trx: Trx, parts: Parts, endpoint: string, cause: string): Promise<void> {
  await endAllAlerts(trx, parts, {
    endpoint,
    state: 'superseded',
    reason: 'the monitor began anew or was removed',
    cause,
  });
  await deleteInbox(trx, endpoint);
  await deleteWindows(trx, endpoint);
  await deleteReferences(trx, endpoint);
}

function requireSound({ windowMs, latenessMs, features }: MonitorDeclaration): void {
  const problem =
    (windowMs < 60_000 && 'a window is shorter than a minute') ||
    (latenessMs > 52 * windowMs && 'its lateness is longer than 52 windows') ||
    (features?.length === 0 && 'its list of features is empty; leave it out to watch those of the model') ||
    (new Set(features).size !== (features?.length ?? 0) && 'it names a feature twice');
  if (problem) throw monitorErrors.DECLARATION_INVALID({ problem });
}
