import { formatDatasetRef } from '../loop/data/index.ts';
import { deploymentRef, findDeployment, listDeploymentsOf, listRollouts, rolloutRef } from '../loop/deploy/index.ts';
import { decisionRef, findDecision, listDecisions } from '../loop/evaluate/index.ts';
import {
  alertRef,
  findAlert,
  findMonitor,
  labelsOfPrediction,
  listAlerts,
  monitorRef,
  parseWindowRef,
} from '../loop/monitor/index.ts';
import { listVersionsOfLoggedModel, versionRef } from '../loop/registry/index.ts';
import { findFiring, firingRef, listFirings, listPolicies, policyRef } from '../loop/retrain/index.ts';
import { parsePredictionKey } from '../loop/serve/index.ts';
import { listLoggedModelsOfRun } from '../loop/track/index.ts';
import { listAttempts, listJobs } from '../loop/train/index.ts';
import { BucleError } from '../platform/errors.ts';
import { type LineageParts, missing, nameIn, type Upstream } from './lineage-node.ts';

/** Where nothing leads from a thing to what came out of it, so many of the newest are looked through. */
const LOOKED_THROUGH = 200;

type Down = (parts: LineageParts, ref: string) => Promise<Upstream[]>;

/** What came out of a thing of each kind; what is not here is an end. */
const downs: Readonly<Record<string, Down>> = {
  dataset: outOfDataset,
  run: async ({ db }, ref) =>
    (await listLoggedModelsOfRun(db.read, nameIn(ref))).map(({ id }) => ({ relation: 'logged', ref: `model:${id}` })),
  model: async ({ db }, ref) =>
    (await listVersionsOfLoggedModel(db.read, nameIn(ref))).map((version) => ({
      relation: 'registered as',
      ref: versionRef(version),
    })),
  job: async ({ db }, ref) =>
    (await listAttempts(db.read, nameIn(ref))).flatMap(({ run, number }) =>
      run === null ? [] : [{ relation: `in attempt ${number} made`, ref: `run:${run}` }],
    ),
  version: outOfVersion,
  deployment: outOfDeployment,
  decision: outOfDecision,
  endpoint: outOfEndpoint,
  monitor: async ({ db }, ref) =>
    (await listAlerts(db.read, { endpoint: nameIn(ref), limit: LOOKED_THROUGH })).map((alert) => ({
      relation: 'raised',
      ref: alertRef(alert),
    })),
  window: outOfWindow,
  alert: outOfAlert,
  gate: async ({ db }, ref) =>
    (await listPolicies(db.read))
      .filter(({ policy }) => policy.gate === nameIn(ref))
      .map(({ policy }) => ({ relation: 'judges for', ref: policyRef(policy.name) })),
  policy: async ({ db }, ref) =>
    (await listFirings(db.read, { policy: nameIn(ref), limit: LOOKED_THROUGH })).map((firing) => ({
      relation: 'fired',
      ref: firingRef(firing.id),
    })),
  firing: outOfFiring,
  prediction: outOfPrediction,
};

/** What came out of a thing. */
export async function downstreamOf(parts: LineageParts, ref: string): Promise<readonly Upstream[]> {
  const kind = ref.slice(0, Math.max(0, ref.indexOf(':')));
  return (await (Object.hasOwn(downs, kind) ? downs[kind] : undefined)?.(parts, ref)) ?? [];
}

async function outOfDataset({ db }: LineageParts, ref: string): Promise<Upstream[]> {
  const limit = LOOKED_THROUGH;
  const jobs = await listJobs(db.scan, { states: [], before: null, limit });
  const decisions = await listDecisions(db.scan, { subject: null, before: null, limit });
  const read = jobs.filter(({ inputs }) =>
    inputs.some(({ dataset: name, number }) => formatDatasetRef({ name, number }) === ref),
  );
  return [
    ...read.map(({ id }) => ({ relation: 'read by', ref: `job:${id}` })),
    ...decisions
      .filter(({ dataset }) => dataset === ref)
      .map((decision) => ({ relation: 'decided', ref: decisionRef(decision) })),
    ...limited('read by', 'job', jobs.length),
    ...limited('decided', 'decision', decisions.length),
  ];
}

/** What says that there may be older ones. */
function limited(relation: string, kind: 'job' | 'decision', looked: number): Upstream[] {
  if (looked < LOOKED_THROUGH) return [];
  return [missing(relation, kind, `Only the newest ${LOOKED_THROUGH} ${kind}s were looked through.`)];
}

async function outOfVersion({ db }: LineageParts, ref: string): Promise<Upstream[]> {
  const [, name, number] = /^version:(.+)\/(\d+)$/.exec(ref) ?? [];
  if (name === undefined) return [];
  const deployments = await listDeploymentsOf(db.read, { name, number: Number(number) });
  const decisions = await listDecisions(db.scan, { subject: null, before: null, limit: LOOKED_THROUGH });
  return [
    ...decisions
      .filter(({ candidate }) => candidate === ref)
      .map((decision) => ({ relation: 'judged by', ref: decisionRef(decision) })),
    ...deployments.map((deployment) => ({ relation: 'served by', ref: deploymentRef(deployment) })),
    ...limited('judged by', 'decision', decisions.length),
  ];
}

async function outOfDeployment({ db }: LineageParts, ref: string): Promise<Upstream[]> {
  const deployment = await findDeployment(db.read, nameIn(ref));
  if (!deployment) return [];
  const rollouts = await listRollouts(db.read, { endpoint: deployment.endpoint, limit: LOOKED_THROUGH });
  return rollouts
    .filter(({ candidate }) => candidate === deployment.id)
    .map((rollout) => ({ relation: 'rolled out by', ref: rolloutRef(rollout) }));
}

async function outOfDecision({ db }: LineageParts, ref: string): Promise<Upstream[]> {
  const decision = await findDecision(db.read, nameIn(ref));
  if (!decision?.subject.startsWith('endpoint:')) return [];
  const rollouts = await listRollouts(db.read, { endpoint: nameIn(decision.subject), limit: LOOKED_THROUGH });
  return rollouts
    .filter((rollout) => rollout.decision === decision.id)
    .map((rollout) => ({ relation: 'let', ref: rolloutRef(rollout) }));
}

async function outOfEndpoint({ db }: LineageParts, ref: string): Promise<Upstream[]> {
  const endpoint = nameIn(ref);
  const monitor = await findMonitor(db.read, endpoint);
  const policies = await listPolicies(db.read, { endpoint });
  return [
    ...(monitor ? [{ relation: 'watched by', ref: monitorRef(endpoint) }] : []),
    ...policies.map(({ policy }) => ({ relation: 'retrained by', ref: policyRef(policy.name) })),
  ];
}

async function outOfWindow({ db }: LineageParts, ref: string): Promise<Upstream[]> {
  const key = parseWindowRef(ref);
  if (!key) return [];
  const alerts = await listAlerts(db.read, { endpoint: key.endpoint, limit: LOOKED_THROUGH });
  return alerts
    .filter(({ firstWindow }) => firstWindow === key.start)
    .map((alert) => ({ relation: 'opened', ref: alertRef(alert) }));
}

async function outOfAlert({ db }: LineageParts, ref: string): Promise<Upstream[]> {
  const alert = await findAlert(db.read, nameIn(ref));
  if (!alert) return [];
  const firings = await listFirings(db.read, { endpoint: alert.endpoint, limit: LOOKED_THROUGH });
  return firings
    .filter(({ met }) => met.some((one) => one.ref === ref))
    .map((firing) => ({ relation: 'led to', ref: firingRef(firing.id) }));
}

async function outOfFiring({ db }: LineageParts, ref: string): Promise<Upstream[]> {
  const firing = await findFiring(db.read, nameIn(ref));
  if (!firing) return [];
  const { training, holdout, job, version, decision, rollout } = firing;
  const links: readonly (readonly [relation: string, kind: string, id: string | null])[] = [
    ['froze', 'dataset', training],
    ['held out', 'dataset', holdout],
    ['trained in', 'job', job],
    ['registered', 'version', version],
    ['asked for', 'decision', decision],
    ['rolled out by', 'rollout', rollout],
  ];
  return links.flatMap(([relation, kind, id]) =>
    id === null ? [] : [{ relation, ref: id.startsWith(`${kind}:`) ? id : `${kind}:${id}` }],
  );
}

/** Predictions that nobody indexed have no labels. */
async function outOfPrediction({ db }: LineageParts, ref: string): Promise<Upstream[]> {
  try {
    const { rows } = await labelsOfPrediction(db.read, parsePredictionKey(ref));
    return rows
      .filter(({ label }) => label !== null)
      .map((row) => ({ relation: 'labelled by', ref: row.ref.replace(/^prediction:/, 'label:') }));
  } catch (error) {
    if (error instanceof BucleError) return [];
    throw error;
  }
}
