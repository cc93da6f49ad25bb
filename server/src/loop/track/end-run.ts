import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { updateRun } from './run.store.ts';
import { type Run, type RunStatus, TERMINAL } from './run.ts';

/** Moves a run to a status; the event tells when it ended, once per end. In the caller's transaction. */
export async function setRunStatus(
  trx: Trx,
  { clock }: Pick<Context, 'clock'>,
  run: Run,
  change: { readonly status: RunStatus; readonly endTime: number | null; readonly actor: string },
): Promise<void> {
  const { status, endTime, actor } = change;
  await updateRun(trx, run.id, { status, ...(endTime === null ? {} : { end_time: endTime }) });
  if (run.status === status || !TERMINAL.includes(status)) return;
  const data = { experiment: String(run.experiment), status };
  await appendEvent(trx, { clock }, { type: 'run.finished', subject: `run:${run.id}`, actor, data });
}
