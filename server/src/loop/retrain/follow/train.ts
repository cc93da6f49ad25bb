import { failpoint } from '../../../platform/config/failpoint.ts';
import { finish, recordNote, recordStep, type Step, type Stepped, wait } from './record-step.ts';

/** Submits the job of the policy with the frozen version, once, and follows it to its end. */
export async function train(step: Step): Promise<Stepped> {
  const { parts, ports, firing, policy } = step;
  if (firing.job === null) return submit(step);
  const job = await ports.findJob(parts.db.read, firing.job);
  if (!job) throw new Error(`The job ${firing.job} is gone.`);
  const ref = `job:${job.id}`;
  switch (job.state) {
    case 'queued':
    case 'running':
      return wait(step, `${ref} is ${job.state}`);
    case 'succeeded':
      return recordStep(step, { to: 'registering', data: { job: ref } });
    case 'cancelled':
      return finish(step, {
        outcome: 'aborted',
        summary: `Its training job was cancelled (${ref}).`,
        next: `Fire again with \`bucle policies fire ${policy.name}\` when it shall train after all.`,
      });
    case 'failed':
      return finish(step, {
        outcome: 'failed',
        summary: `Its training job failed (${ref}): ${job.reason ?? 'no reason was recorded'}`,
        next: `\`bucle jobs logs ${job.id}\` shows what it printed.`,
      });
  }
}

async function submit(step: Step): Promise<Stepped> {
  const { parts, ports, firing, policy } = step;
  const request = firing.jobRequest ?? (await requestOf(step));
  if (request === null) {
    return finish(step, {
      outcome: 'failed',
      summary: `No job ${policy.job} is declared, so that nothing can train.`,
      next: `Name ${policy.job} under \`jobs\` of bucle.yaml, run \`bucle apply\`, and fire again.`,
    });
  }
  // Kept before it is sent: whoever sends it again after a crash sends the very same request under the same key.
  if (firing.jobRequest === null) await recordNote(step, { job_request: JSON.stringify(request) });
  const job = await ports.submitJob(parts, {
    ...{ request, key: `firing:${firing.id}`, actor: `policy:${policy.name}`, cause: firing.lastEvent },
  });
  failpoint('firing:submitted');
  await recordNote(step, { job, progress: `job:${job} is queued` });
  return 'moved';
}

async function requestOf({ parts, ports, firing, policy }: Step): Promise<unknown> {
  const found = await ports.findJobRequest(parts.db.read, policy.job, { [policy.input]: firing.training ?? '' });
  return found ?? null;
}
