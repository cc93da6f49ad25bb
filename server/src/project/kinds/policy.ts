import {
  declarePolicy,
  listPolicies,
  nextOccurrence,
  type PolicyDeclaration,
  readPolicy,
  removePolicy,
  toPolicyDeclaration,
} from '../../loop/retrain/index.ts';
import {
  type Effect,
  type Json,
  type Kind,
  type KindParts,
  noEffect,
  type Spec,
  type Step,
  withoutDefaults,
} from '../kind.ts';
import type { ProjectFile } from '../project-file.schema.ts';

type PolicySpec = NonNullable<ProjectFile['policies']>[string];

const MEMBERS = [
  ...['endpoint', 'model', 'job', 'input', 'triggers', 'data', 'cooldown', 'budget', 'gate', 'rollout'],
] as const;

export const policyKind: Kind = {
  section: 'policies',
  noun: 'policy',
  subject: (name) => `policy:${name}`,
  events: ['policy.declared', 'policy.removed'],
  async list(db) {
    return (await listPolicies(db)).map(({ policy }) => ({
      name: policy.name,
      spec: toSpec(toPolicyDeclaration(policy)),
    }));
  },
  desired: (file) =>
    Object.entries(file.policies ?? {}).map(([name, policy]) => ({ name, spec: complete(name, policy, file) })),
  declare: (parts, { name, spec, actor, cause }) =>
    declarePolicy(parts, { name, declaration: toYaml(spec) as unknown as PolicyDeclaration, actor, cause }),
  remove: removePolicy,
  toYaml,
  effect,
};

/** The model of a policy is that of its endpoint, when only that says one. */
function complete(name: string, policy: PolicySpec, { endpoints = {} }: ProjectFile): Spec {
  const model = policy.model ?? endpoints[policy.endpoint]?.model;
  const declaration = { ...policy, ...(model === undefined ? {} : { model }) };
  return toSpec(toPolicyDeclaration(readPolicy(name, plain(declaration))));
}

/** Objects of the YAML have no prototype, which validators of others may not expect. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function toSpec(declaration: PolicyDeclaration): Spec {
  const given = declaration as unknown as Record<string, Json>;
  return Object.fromEntries(MEMBERS.map((member) => [member, given[member] ?? null]));
}

function toYaml(spec: Spec): Record<string, Json> {
  return withoutDefaults(spec, { cooldown: '0s' });
}

async function effect({ clock }: KindParts, { action, to }: Step): Promise<Effect> {
  if (action === 'remove')
    return { notes: ['nothing retrains the model any more; what is under way goes on'], refused: null };
  if (to === null) return noEffect;
  const { triggers, rollout } = to as unknown as PolicyDeclaration;
  const crons = triggers.flatMap((trigger) => ('schedule' in trigger ? trigger.schedule : []));
  const next = crons.map((cron) => nextOccurrence(cron, clock.now())).filter((at) => at !== null);
  const steps = rollout?.steps.map((step) => `${step} %`).join(', ');
  return {
    notes: [
      ...(next.length === 0 ? [] : [`its schedule comes next at ${formatMinute(Math.min(...next))} of event time`]),
      ...(steps === undefined ? [] : [`a better version gets ${steps} of the traffic`]),
    ],
    refused: null,
  };
}

function formatMinute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
