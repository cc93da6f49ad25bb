import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { insertModel, setModelTag } from './model.store.ts';
import { modelRef, type Tags } from './model.ts';
import { tellModelCreated } from './tell-registry.ts';

export interface NewModel {
  readonly name: string;
  readonly description: string | null;
  readonly tags: Tags;
  readonly actor: string;
  readonly cause: string | null;
}

/** Call under the lock of the model. False when there is one of this name: then nothing changed. */
export async function createModel({ clock }: Pick<Context, 'clock'>, trx: Trx, given: NewModel): Promise<boolean> {
  const { name, description, tags, actor, cause } = given;
  if (!(await insertModel(trx, { name, description, now: clock.now() }))) return false;
  for (const [key, value] of Object.entries(tags)) await setModelTag(trx, name, key, value);
  await appendEvent(trx, { clock }, { type: 'model.created', subject: modelRef(name), actor, cause });
  await tellModelCreated({ clock }, trx, { name, tags, description });
  return true;
}
