import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { deleteDeclaration, findDatasetDeclaration, writeDeclaration } from './declaration.store.ts';
import { type DatasetDeclaration, isSameDeclaration } from './declaration.ts';

interface Because {
  readonly actor: string;
  /** Event or request that led to it. */
  readonly cause: string | null;
}

export interface DeclareDataset extends Because {
  readonly name: string;
  readonly declaration: DatasetDeclaration;
}

/** Says what the columns of a dataset mean; there may be no version of it yet. The same again changes nothing. */
export async function declareDataset(
  parts: Pick<Context, 'db' | 'clock'>,
  { name, declaration, actor, cause }: DeclareDataset,
): Promise<{ readonly changed: boolean }> {
  return parts.db.transaction(async (trx) => {
    const present = await findDatasetDeclaration(trx, name);
    if (present && isSameDeclaration(present, declaration)) return { changed: false };
    const { label, eventTime, key, description } = declaration;
    const said = { label, eventTime, key, description };
    await writeDeclaration(trx, { name, ...said, changedAt: parts.clock.now(), changedBy: actor });
    await appendEvent(trx, parts, { type: 'dataset.declared', subject: `dataset:${name}`, actor, cause, data: said });
    return { changed: true };
  });
}

/** Takes the declaration away; versions and their data stay. False when there was none. */
export async function removeDatasetDeclaration(
  parts: Pick<Context, 'db' | 'clock'>,
  { name, actor, cause }: Because & { readonly name: string },
): Promise<boolean> {
  return parts.db.transaction(async (trx) => {
    if (!(await deleteDeclaration(trx, name))) return false;
    await appendEvent(trx, parts, { type: 'dataset.undeclared', subject: `dataset:${name}`, actor, cause });
    return true;
  });
}
