import type { Db } from '../../database.ts';
import type { Principal } from '../../platform/auth/principal.ts';
import { artifactFolder } from './artifact-path.ts';
import { findLoggedModelRow } from './logged-model.store.ts';
import { notOwn, ownsModel } from './require-run.ts';
import { findRunRow } from './run.store.ts';
import { findTraceRow } from './traces/trace.store.ts';

/**
 * A job may write below the artifacts of its own runs and of what they logged, nowhere else.
 * @throws PERMISSION_DENIED
 */
export async function requireOwnArtifact(db: Db, path: string, principal: Principal): Promise<void> {
  if (principal.kind !== 'job') return;
  const parts = path.split('/');
  for (const [i, part] of parts.entries()) {
    if (parts[i + 1] !== 'artifacts') continue;
    const folder = parts.slice(0, i + 2).join('/');
    if (await ownsFolder(db, part, folder, principal)) return;
  }
  throw notOwn(principal.jobId, `the artifact ${path.slice(0, 300)}`);
}

async function ownsFolder(
  db: Db,
  id: string,
  folder: string,
  principal: Principal & { kind: 'job' },
): Promise<boolean> {
  const run = await findRunRow(db, id);
  if (run) return run.job === principal.jobId && artifactFolder(run.artifactUri) === folder;
  const trace = await findTraceRow(db, id);
  if (trace) return trace.job === principal.jobId && folder === `${trace.experiment}/traces/${trace.id}/artifacts`;
  const model = await findLoggedModelRow(db, id);
  if (!model || artifactFolder(model.artifactUri) !== folder) return false;
  return ownsModel(db, model, principal);
}
