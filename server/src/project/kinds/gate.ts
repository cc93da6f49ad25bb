import { declareGate, type GateDeclaration, listGates, removeGate, toGate } from '../../loop/evaluate/index.ts';
import { type Json, type Kind, type Spec, withoutDefaults } from '../kind.ts';

export const gateKind: Kind = {
  section: 'gates',
  noun: 'gate',
  subject: (name) => `gate:${name}`,
  events: ['gate.declared', 'gate.removed'],
  async list(db) {
    return (await listGates(db)).map(({ name, gate }) => ({ name, spec: toSpec(gate) }));
  },
  desired: ({ gates = {} }) => Object.entries(gates).map(([name, gate]) => ({ name, spec: toSpec(toGate(gate)) })),
  declare: (parts, { name, spec, actor, cause }) =>
    declareGate(parts, { name, gate: spec as unknown as GateDeclaration, actor, cause }),
  remove: removeGate,
  toYaml: ({ metric, ...spec }) => ({ metric: metric ?? null, ...withoutDefaults(spec, defaults) }),
};

const { metric: _metric, ...defaults } = toGate({ metric: 'auc' }) as unknown as Record<string, Json>;

/** Members in one order, whoever wrote them. */
function toSpec(gate: object): Spec {
  const order = ['metric', ...Object.keys(defaults)];
  const given = gate as Record<string, Json>;
  return Object.fromEntries(order.map((name) => [name, given[name] ?? null]));
}
