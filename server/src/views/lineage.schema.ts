import { type Static, Type } from 'typebox';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

export const LineageKind = Type.Union([
  Type.Literal('prediction'),
  Type.Literal('endpoint'),
  Type.Literal('deployment'),
  Type.Literal('version'),
  Type.Literal('model'),
  Type.Literal('run'),
  Type.Literal('job'),
  Type.Literal('snapshot'),
  Type.Literal('environment'),
  Type.Literal('dataset'),
  Type.Literal('decision'),
  Type.Literal('rollout'),
  Type.Literal('gate'),
  Type.Literal('monitor'),
  Type.Literal('window'),
  Type.Literal('alert'),
  Type.Literal('policy'),
  Type.Literal('firing'),
  Type.Literal('label'),
]);

export const LineageNode = Type.Object({
  id: Type.String({ description: 'Unique in this document; edges name it.' }),
  kind: LineageKind,
  ref: Nullable(Type.String({ description: 'How everything else calls it; null when it has no name.' })),
  summary: Type.String({ description: 'The telling facts, for a person.' }),
  facts: Type.Record(Type.String(), Type.Unknown()),
  missing: Nullable(Type.String({ description: 'Why nothing more is known here; null when it is there.' })),
});

export const LineageEdge = Type.Object({
  from: Type.String(),
  to: Type.String({ description: 'What `from` came out of; downwards: what came out of it.' }),
  relation: Type.String({ description: '`answered by`, `serves`, `logged by` …' }),
});

export const Lineage = Type.Object({
  ref: Type.String(),
  nodes: Type.Array(LineageNode, { description: 'The asked one first.' }),
  edges: Type.Array(LineageEdge),
});

export type LineageKind = Static<typeof LineageKind>;
export type LineageNode = Static<typeof LineageNode>;
export type LineageEdge = Static<typeof LineageEdge>;
export type Lineage = Static<typeof Lineage>;
