import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { noteModelVersion } from '../track/index.ts';
import { takeNumber, touchModel } from './model.store.ts';
import { type ModelVersion, type Tags, versionRef } from './model.ts';
import type { Origin } from './resolve-source.ts';
import { tellVersionCreated } from './tell-registry.ts';
import { findVersion, insertVersion } from './version.store.ts';

export interface NewVersion {
  readonly name: string;
  readonly origin: Origin;
  readonly description: string | null;
  readonly runLink: string | null;
  readonly tags: Tags;
  readonly actor: string;
  readonly cause: string | null;
}

/** Call under the lock of the model, which exists. */
export async function addVersion(
  { clock }: Pick<Context, 'clock'>,
  trx: Trx,
  given: NewVersion,
): Promise<ModelVersion> {
  const { name, origin, description, runLink, tags, actor, cause } = given;
  const now = clock.now();
  const number = await takeNumber(trx, name);
  await insertVersion(trx, { name, number, ...origin, description, runLink, tags, createdAt: now, createdBy: actor });
  await touchModel(trx, name, now);
  if (origin.modelId !== null) await noteModelVersion(trx, origin.modelId, { name, version: number });
  const { modelId, run, source } = origin;
  await appendEvent(
    trx,
    { clock },
    {
      type: 'version.registered',
      subject: versionRef({ name, number }),
      ...{ actor, cause },
      data: { model: modelId, run: run === null ? null : `run:${run}`, source },
    },
  );
  const version = await findVersion(trx, { name, number });
  if (!version) throw new Error(`${name}/${number} is not there right after it was inserted.`);
  await tellVersionCreated({ clock }, trx, version);
  return version;
}
