import { failpoint } from '../../../platform/config/failpoint.ts';
import { findDatasetDeclaration } from '../../data/index.ts';
import { finish, recordNote, recordStep, type Step, type Stepped, wait } from './record-step.ts';

/** Has the candidate judged against what really serves, on the block that was held out. */
export async function evaluate(step: Step): Promise<Stepped> {
  const { parts, ports, firing, policy } = step;
  if (firing.decision === null) return request(step);
  const decision = await ports.findDecision(parts.db.read, firing.decision);
  if (!decision) throw new Error(`The decision ${firing.decision} is gone.`);
  const ref = `decision:${decision.id}`;
  const said = decision.headline === null ? '' : ` ${decision.headline}`;
  switch (decision.verdict) {
    case null:
      return wait(step, `${ref} is being made`);
    case 'promote':
      return recordStep(step, { to: 'rolling_out', data: { decision: ref, version: firing.version } });
    case 'keep':
      return finish(step, {
        outcome: 'not_better',
        summary:
          decision.headline ?? `${firing.version} is not better than ${firing.champion ?? 'nothing'}, which stays.`,
        next: null,
      });
    case 'invalid':
      return finish(step, {
        outcome: 'invalid',
        summary: `No decision could be made about ${firing.version}.${said}`,
        next: `\`bucle decisions show ${decision.id}\` names what it lacks; the policy is ${policy.name}.`,
      });
  }
}

async function request(step: Step): Promise<Stepped> {
  const { parts, ports, firing, policy } = step;
  const declared = await findDatasetDeclaration(parts.db.read, policy.data.dataset);
  if (declared?.label == null) {
    return finish(step, {
      outcome: 'failed',
      summary: `The dataset ${policy.data.dataset} declares no label, so that nothing can judge a candidate.`,
      next: `Say \`label: COLUMN\` under datasets.${policy.data.dataset} of bucle.yaml and run \`bucle apply\`.`,
    });
  }
  const champion = firing.champion ?? (await ports.findStable(parts.db.read, firing.endpoint))?.version ?? null;
  // Kept before it is asked for: asked again after a crash, it is the same question.
  if (firing.champion === null && champion !== null) await recordNote(step, { champion });
  const { label, eventTime, key } = declared;
  const decision = await ports.requestDecision(parts, {
    ...{ key: `firing:${firing.id}`, endpoint: firing.endpoint, candidate: firing.version ?? '', champion },
    ...{ dataset: firing.holdout ?? '', columns: { label, eventTime, key }, gate: policy.gate },
    ...{ actor: `policy:${policy.name}`, cause: firing.lastEvent },
  });
  failpoint('firing:decision_requested');
  await recordNote(step, { decision: decision.id, progress: `decision:${decision.id} is being made` });
  return 'moved';
}
