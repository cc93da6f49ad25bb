import { BucleError } from '../../../platform/errors.ts';
import { formatDatasetRef, resolveVersion } from '../../data/index.ts';
import type { Frozen } from '../firing.ts';
import { holdoutDataset } from '../policy.ts';
import { newestPushed } from './dataset-tables.ts';
import { freezeCaptures } from './freeze-captures.ts';
import { type End, finish, recordStep, type Step, type Stepped } from './record-step.ts';

/** Fixes what the candidate is trained on, and what it is judged on. */
export async function freeze(step: Step): Promise<Stepped> {
  const { policy } = step;
  try {
    return policy.data.from === 'captures' ? await freezeCaptures(step, policy.data) : await freezePush(step);
  } catch (error) {
    if (!(error instanceof BucleError) || error.code !== 'DATA_DATASET_NOT_FOUND') throw error;
    return finish(step, missing(String(error.details['name'])));
  }
}

/** People push both: the newest version that somebody pushed, judged on the newest version of the holdout. */
async function freezePush(step: Step): Promise<Stepped> {
  const { parts, policy } = step;
  const { dataset } = policy.data;
  const pushed = await newestPushed(parts, dataset);
  if (pushed === null) return finish(step, missing(dataset));
  const holdout = await resolveVersion(parts, { name: holdoutDataset(policy), number: null });
  const frozen: Frozen = { blocks: [], newRows: 0, trainedUntil: null, holdout: null };
  const refs = { training: formatDatasetRef(pushed), holdout: formatDatasetRef(holdout) };
  return recordStep(step, {
    to: 'training',
    columns: { ...refs, base: pushed.number, frozen: JSON.stringify(frozen) },
    data: { ...refs, base: pushed.number, trained_until: null },
  });
}

function missing(dataset: string): End {
  return {
    outcome: 'failed',
    summary: `No version of the dataset ${dataset} was pushed by anybody.`,
    next: `Push one with \`bucle data push ${dataset} PATH\`, then fire again.`,
  };
}
