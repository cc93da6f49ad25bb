import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { invalidParameter } from '../track/index.ts';
import { lockModels } from './lock-model.ts';
import { versionNotFound } from './mlflow-refusals.ts';
import { touchModel } from './model.store.ts';
import { type ModelVersion, type Stage, type VersionKey, versionRef } from './model.ts';
import { archiveOthers, findVersion, updateVersion } from './version.store.ts';

export interface Transition {
  readonly key: VersionKey;
  readonly stage: Stage;
  /** The stage as the client wrote it. */
  readonly written?: string;
  /** Moves what is in that stage to Archived. */
  readonly archiveOthers: boolean;
  readonly actor: string;
}

/** Sets the label that MLflow calls a stage; no traffic moves. @throws RESOURCE_DOES_NOT_EXIST, INVALID_PARAMETER_VALUE */
export async function transitionStage(
  parts: Pick<Context, 'db' | 'clock'>,
  { key, stage, written = stage, archiveOthers: archive, actor }: Transition,
): Promise<ModelVersion> {
  if (archive && stage !== 'Staging' && stage !== 'Production') {
    throw invalidParameter(
      'Model version transition cannot archive existing model versions because ' +
        `'${written}' is not an Active stage. Valid stages are ['Staging', 'Production']`,
    );
  }
  const { db, clock } = parts;
  return db.transaction(async (trx) => {
    await lockModels(parts, trx, key.name);
    const now = clock.now();
    const before = await findVersion(trx, key);
    if (!before) throw versionNotFound(key);
    await updateVersion(trx, key, { stage, updated_at: now });
    const archived = archive ? await archiveOthers(trx, key, stage, now) : [];
    await touchModel(trx, key.name, now);
    const data = { from: before.stage, to: stage, archived };
    await appendEvent(trx, { clock }, { type: 'version.stage_changed', subject: versionRef(key), actor, data });
    return { ...before, stage, updatedAt: now };
  });
}
