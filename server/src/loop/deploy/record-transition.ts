import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { moveDeployment } from './deployment.store.ts';
import { type Deployment, type DeploymentState, deploymentRef, type Failure, versionRef } from './deployment.ts';

/** Who did it, and the event or request that led to it. */
export interface Because {
  readonly actor: string;
  readonly cause: string | null;
}

type Columns = Omit<Parameters<typeof moveDeployment>[3], 'changed_at'>;
type Subject = Pick<Deployment, 'id' | 'endpoint' | 'version'>;

/** One transition with its event, in the caller's transaction; false when the deployment is elsewhere by now. */
export async function recordTransition(
  trx: Trx,
  { clock }: Pick<Context, 'clock'>,
  deployment: Subject,
  to: DeploymentState,
  { columns = {}, data = {}, ...because }: Because & { columns?: Columns; data?: Readonly<Record<string, unknown>> },
): Promise<boolean> {
  const moved = await moveDeployment(trx, deployment.id, to, { progress: null, ...columns, changed_at: clock.now() });
  if (!moved) return false;
  await appendEvent(
    trx,
    { clock },
    {
      type: `deployment.${to}`,
      subject: deploymentRef(deployment),
      actor: because.actor,
      cause: because.cause,
      data: { endpoint: deployment.endpoint, version: versionRef(deployment.version), ...data },
    },
  );
  return true;
}

/** The end of a deployment that cannot serve: what failed, why, and what to do. */
export async function recordFailure(
  trx: Trx,
  parts: Pick<Context, 'clock'>,
  deployment: Subject,
  { failure, columns = {}, ...because }: Because & { failure: Failure; columns?: Columns },
): Promise<boolean> {
  return recordTransition(trx, parts, deployment, 'failed', {
    ...because,
    columns: { ...columns, failed_step: failure.step, reason: failure.reason, next_step: failure.next },
    data: { ...failure },
  });
}
