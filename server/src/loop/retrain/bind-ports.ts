import type { Db } from '../../database.ts';
import {
  defaultRollout,
  findDeployment,
  findEndpoint,
  findRollout,
  type Rollout,
  type RolloutPlan,
  registeredModels,
  startRollout,
  versionRef,
} from '../deploy/index.ts';
import {
  type Decision,
  defaultGate,
  findDecision,
  findDecisionByKey,
  findGate,
  type Gate,
  requestDecision,
} from '../evaluate/index.ts';
import { readLabelled, watermarkOf } from '../monitor/index.ts';
import { versionRef as registeredRef, registerLoggedModel } from '../registry/index.ts';
import { findJob, findJobTemplate, type JobRequest, requestOf, submitJob } from '../train/index.ts';
import { retrainErrors } from './errors.ts';
import type { RolloutChoice } from './policy.ts';
import type { DecisionRequest, DecisionView, RetrainPorts, RolloutView } from './ports.ts';

/** The doors of the stages before this one. */
export const boundPorts: RetrainPorts = {
  readLabelled: (parts, { endpoint, from, until, asOf }) => readLabelled(parts, { endpoint, from, to: until, asOf }),
  watermarkOf,
  async findStable(db, name) {
    const endpoint = await findEndpoint(db, name);
    if (!endpoint) return undefined;
    const stable = endpoint.stable === null ? undefined : await findDeployment(db, endpoint.stable);
    return { version: stable ? versionRef(stable.version) : null, model: stable?.version.name ?? null };
  },
  async findJobRequest(db, job, inputs) {
    const template = await findJobTemplate(db, job);
    return template && requestOf(template, inputs);
  },
  async submitJob(parts, { request, ...given }) {
    return (await submitJob(parts, { request: request as JobRequest, ...given })).job.id;
  },
  findJob,
  async registerModel(parts, { name, job, description, actor, cause }) {
    const { version } = await registerLoggedModel(parts, { name, from: `job:${job}`, description, actor, cause });
    return registeredRef(version);
  },
  async requestDecision(parts, { key, endpoint, gate, ...question }) {
    const known = await findDecisionByKey(parts.db.read, key);
    if (known) return toDecisionView(known);
    const meaning = (await findEndpoint(parts.db.read, endpoint))?.prediction ?? null;
    if (meaning === null) throw retrainErrors.NO_MEANING({ endpoint });
    const declared = await gateOf(parts.db.read, { gate });
    const request = {
      ...question,
      key,
      subject: `endpoint:${endpoint}`,
      meaning,
      gate: declared ?? defaultGate(meaning),
    };
    return toDecisionView(await requestDecision(parts, request));
  },
  async findDecision(db, id) {
    const decision = await findDecision(db, id);
    return decision && toDecisionView(decision);
  },
  async startRollout(parts, { plan, ...request }) {
    const source = { ...parts, source: registeredModels };
    return toRolloutView(await startRollout(source, { ...request, plan: toPlan(plan) }));
  },
  async findRollout(db, id) {
    const rollout = await findRollout(db, id);
    return rollout && toRolloutView(rollout);
  },
};

/** @throws RETRAIN_GATE_NOT_FOUND */
async function gateOf(db: Db, { gate: name }: Pick<DecisionRequest, 'gate'>): Promise<Gate | null> {
  if (name === null) return null;
  const declared = await findGate(db, name);
  if (!declared) throw retrainErrors.GATE_NOT_FOUND({ gate: name });
  return declared.gate;
}

function toDecisionView({ id, state, verdict, headline }: Decision): DecisionView {
  return state === 'made' ? { id, verdict, headline } : { id, verdict: null, headline: null };
}

function toRolloutView({ id, state, step, held, reason, plan }: Rollout): RolloutView {
  const percent = plan.steps[step]?.percent;
  const where = percent === undefined ? state : `${state} at ${percent} %`;
  const end = state === 'promoted' || state === 'aborted' || state === 'undone' ? state : null;
  return { id, end, reason, progress: held === null ? where : `${where}: ${held.text}` };
}

/** The declared steps, with the guards and whatever was left out as rollouts have them by default. */
export function toPlan(choice: RolloutChoice | null): RolloutPlan {
  if (choice === null) return defaultRollout;
  const [usual] = defaultRollout.steps;
  return {
    ...defaultRollout,
    steps: choice.steps.map((percent) => ({
      percent,
      minSeconds: choice.minSeconds ?? usual?.minSeconds ?? 0,
      minRequests: choice.minRequests ?? usual?.minRequests ?? 0,
    })),
    maxSeconds: choice.maxSeconds ?? defaultRollout.maxSeconds,
  };
}
