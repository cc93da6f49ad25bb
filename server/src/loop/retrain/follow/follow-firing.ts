import { rm } from 'node:fs/promises';
import type { Context } from '../../../context.ts';
import { BucleError } from '../../../platform/errors.ts';
import type { JobHandler, JobOutcome, JobRun } from '../../../platform/jobs/jobs.ts';
import { findFiring } from '../firing.store.ts';
import type { Firing, FiringState } from '../firing.ts';
import { findPolicyVersion } from '../policy.store.ts';
import type { RetrainPorts } from '../ports.ts';
import { FOLLOW_KIND } from '../start-firing.ts';
import { evaluate } from './evaluate.ts';
import { firingFolder } from './firing-folder.ts';
import { freeze } from './freeze.ts';
import { finish, recordStep, type Step, type Stepped } from './record-step.ts';
import { registerCandidate } from './register-candidate.ts';
import { rollOut } from './roll-out.ts';
import { train } from './train.ts';

/** Milliseconds between two looks at a job, a decision or a rollout. */
const LOOK_MS = 500;
/** What fails so often in a row ends the firing, with its reason. */
const TRIES = 6;

const steps: Readonly<Record<Exclude<FiringState, 'done'>, (step: Step) => Promise<Stepped>>> = {
  fired: (step) => recordStep(step, { to: 'freezing', columns: { as_of: step.parts.clock.now() } }),
  freezing: freeze,
  training: train,
  registering: registerCandidate,
  evaluating: evaluate,
  rolling_out: rollOut,
};

/** Takes a firing to its end, one step at a time, whatever dies in between. */
export function followFiring(parts: Context, ports: RetrainPorts): JobHandler {
  return {
    kind: FOLLOW_KIND,
    concurrency: 2,
    async handle(run): Promise<JobOutcome> {
      const { firing: id } = run.job.payload as { firing: string };
      for (;;) {
        run.signal.throwIfAborted();
        const firing = await findFiring(parts.db.read, id);
        if (!firing || firing.state === 'done') return tidy(parts, id);
        if ((await takeStep({ parts, ports, run }, firing, firing.state)) === 'waiting') {
          return { again: parts.clock.now() + LOOK_MS };
        }
      }
    },
  };
}

async function takeStep(
  { parts, ports, run }: { readonly parts: Context; readonly ports: RetrainPorts; readonly run: JobRun },
  firing: Firing,
  state: Exclude<FiringState, 'done'>,
): Promise<Stepped> {
  const policy = await findPolicyVersion(parts.db.read, firing.policy, firing.policyVersion);
  if (!policy) throw new Error(`The policy ${firing.policy} has no version ${firing.policyVersion}.`);
  const step: Step = { parts, ports, run, firing, policy };
  try {
    return await steps[state](step);
  } catch (error) {
    if (run.signal.aborted || !isLast(error, run)) throw error;
    const { message, next } = error as { message: string; next?: string };
    return finish(step, {
      outcome: 'failed',
      summary: `It failed while ${doing[state]}: ${message}`,
      next: next ?? `Look at the cause, then fire again with \`bucle policies fire ${policy.name}\`.`,
    });
  }
}

const doing: Readonly<Record<Exclude<FiringState, 'done'>, string>> = {
  fired: 'it began',
  freezing: 'freezing its data',
  training: 'training',
  registering: 'registering the model',
  evaluating: 'asking for a decision',
  rolling_out: 'rolling out the candidate',
};

/** What would fail again is the answer; anything else is tried again for a while. */
function isLast(error: unknown, { job }: JobRun): boolean {
  if (error instanceof BucleError && error.code === 'JOBS_LEASE_LOST') return false;
  return (error instanceof BucleError && !error.retryable && error.status < 500) || job.attempt >= TRIES;
}

async function tidy(parts: Context, id: string): Promise<undefined> {
  await rm(firingFolder(parts, id), { recursive: true, force: true });
  return undefined;
}
