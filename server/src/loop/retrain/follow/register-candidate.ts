import { finish, recordStep, type Step, type Stepped } from './record-step.ts';

/** Makes a version of what the job logged, under the name of the policy's model. */
export async function registerCandidate(step: Step): Promise<Stepped> {
  const { parts, ports, firing, policy } = step;
  const stable = await ports.findStable(parts.db.read, firing.endpoint);
  const name = policy.model ?? stable?.model ?? null;
  if (name === null) {
    return finish(step, {
      outcome: 'failed',
      summary: `The endpoint ${firing.endpoint} serves no registered model, so that nobody knows what to call this one.`,
      next: `Say \`model: NAME\` in the policy ${policy.name}, or deploy a first version to ${firing.endpoint}.`,
    });
  }
  const version = await ports.registerModel(parts, {
    ...{ name, job: firing.job ?? '', actor: `policy:${policy.name}`, cause: firing.lastEvent },
    description: `Firing ${firing.number} of the policy ${policy.name}, trained on ${firing.training}.`,
  });
  return recordStep(step, { to: 'evaluating', columns: { version }, data: { version, job: `job:${firing.job}` } });
}
