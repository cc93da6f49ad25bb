import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failpoint } from '../../../platform/config/failpoint.ts';
import { commitFiles, type DatasetVersion, formatDatasetRef } from '../../data/index.ts';
import { findFiring, noteFiring } from '../firing.store.ts';
import type { Frozen } from '../firing.ts';
import { formatMoment, holdoutDataset, type PolicyData, policyActor } from '../policy.ts';
import { firingFolder } from './firing-folder.ts';
import { findGround, type Ground } from './ground.ts';
import { type Part, planParts } from './plan-parts.ts';
import { finish, moveInTransaction, type Step, type Stepped } from './record-step.ts';
import { type Spans, writeSpan } from './write-span.ts';

export type FromCaptures = Extract<PolicyData, { from: 'captures' }>;

/**
 * Freezes captured rows with the labels of one moment: the holdout is the newest matured block, training is what the
 * pushed version has, and what was captured between its end and the holdout. A version and the note of it on the
 * firing are one transaction, so that a crash leaves neither two versions nor none.
 */
export async function freezeCaptures(step: Step, data: FromCaptures): Promise<Stepped> {
  const spans = spansOf(step, data);
  if (spans === null) {
    return finish(step, {
      outcome: 'failed',
      summary: `No window of ${step.firing.endpoint} has matured labels, so that nothing could judge a candidate.`,
      next: 'Send labels, and declare under `monitors` when they count as complete.',
    });
  }
  const folder = firingFolder(step.parts, step.firing.id);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const ground = await findGround(step, folder);
  if ('outcome' in ground) return finish(step, ground);
  const holdout = await writeSpan(step, ground, {
    from: spans.until,
    until: spans.maturedUntil,
    file: join(folder, 'holdout.parquet'),
    spans,
  });
  if (holdout === 0) {
    return finish(step, {
      outcome: 'failed',
      summary: `No labelled row lies in the holdout from ${formatMoment(spans.until)} to ${formatMoment(spans.maturedUntil)}.`,
      next: 'Send labels for it, or let the holdout of the policy be longer.',
    });
  }
  if (step.firing.training === null) await freezeTraining(step, ground, { data, spans, folder, holdout });
  return freezeHoldout(step, { spans, file: join(folder, 'holdout.parquet') });
}

function spansOf({ firing }: Step, { window, holdoutMs }: FromCaptures): Spans | null {
  const { asOf, maturedUntil } = firing;
  if (asOf === null || maturedUntil === null) return null;
  const until = maturedUntil - holdoutMs;
  return { asOf, until, maturedUntil, cut: window === 'expanding' ? null : until - window };
}

async function freezeTraining(
  step: Step,
  ground: Ground,
  given: { readonly data: FromCaptures; readonly spans: Spans; readonly folder: string; readonly holdout: number },
): Promise<void> {
  const { parts, run, firing, policy } = step;
  const { data, spans, folder, holdout } = given;
  const { pushed, previous } = ground;
  const plan = await planParts(step, ground, { spans, folder });
  const frozen: Frozen = {
    ...{ blocks: plan.blocks, newRows: plan.newRows, trainedUntil: spans.until },
    holdout: { from: spans.until, until: spans.maturedUntil, rows: holdout },
  };
  failpoint('firing:training_version:before');
  await commitFiles(parts, {
    ...{ name: data.dataset, base: previous?.version ?? pushed, keep: plan.keep, files: plan.files.map(toFile) },
    message: `Firing ${firing.number} of ${policy.name}: ${plan.newRows} captured rows until ${formatMoment(spans.until)}`,
    ...{ actor: policyActor(policy.name), cause: firing.lastEvent, signal: run.signal },
    async record(trx, version) {
      await run.fence(trx);
      const training = formatDatasetRef(version);
      await noteFiring(trx, firing.id, 'freezing', { training, base: pushed.number, frozen: JSON.stringify(frozen) });
    },
  });
  failpoint('firing:training_version:after');
}

function toFile({ path, file }: Part) {
  return { path, file };
}

/** The version of the holdout and the step to training are one transaction. */
async function freezeHoldout(
  step: Step,
  { spans, file }: { readonly spans: Spans; readonly file: string },
): Promise<Stepped> {
  const { parts, run, firing, policy } = step;
  failpoint('firing:training:before');
  await commitFiles(parts, {
    ...{ name: holdoutDataset(policy), files: [{ path: 'holdout.parquet', file }] },
    message: `Held out by firing ${firing.number} of ${policy.name}: ${formatMoment(spans.until)} to ${formatMoment(spans.maturedUntil)}`,
    ...{ actor: policyActor(policy.name), cause: firing.lastEvent, signal: run.signal },
    record: async (trx, version: DatasetVersion) => {
      await run.fence(trx);
      await moveToTraining(step, trx, formatDatasetRef(version));
    },
  });
  failpoint('firing:training:after');
  return 'moved';
}

async function moveToTraining(
  step: Step,
  trx: Parameters<typeof moveInTransaction>[0],
  holdout: string,
): Promise<void> {
  const firing = await findFiring(trx, step.firing.id);
  await moveInTransaction(trx, step, {
    to: 'training',
    columns: { holdout },
    data: {
      ...{ training: firing?.training, holdout, base: firing?.base },
      ...{ trained_until: firing?.frozen?.trainedUntil ?? null, new_rows: firing?.frozen?.newRows ?? 0 },
    },
  });
}
