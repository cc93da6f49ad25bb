import { type Static, Type } from 'typebox';
import { isLoud } from './apply-plan.ts';
import type { Plan, PlannedChange } from './plan.ts';

const strict = { additionalProperties: false } as const;
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const Time = Type.Integer({ description: 'Milliseconds since the epoch.' });

const Git = Type.Object(
  {
    sha: Type.String({ pattern: '^[0-9a-f]{40,64}$' }),
    branch: Nullable(Type.String({ maxLength: 500 })),
    dirty: Type.Boolean(),
    diff: Nullable(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  },
  strict,
);

const fileProperties = {
  text: Type.String({ description: 'bucle.yaml.' }),
  file: Type.String({ minLength: 1, maxLength: 1_000, default: 'bucle.yaml', description: 'How errors call it.' }),
};

export const FileBody = Type.Object(fileProperties, strict);

const planProperties = {
  ...fileProperties,
  code: Type.Optional(
    Type.Object(
      {
        snapshot: Type.String({
          pattern: '^[0-9a-f]{64}$',
          description: 'A committed snapshot: the code of the jobs.',
        }),
        git: Type.Optional(Nullable(Git)),
      },
      strict,
    ),
  ),
};

export const PlanBody = Type.Object(planProperties, strict);

export const ApplyBody = Type.Object(
  {
    ...planProperties,
    plan: Type.Optional(Type.String({ maxLength: 64, description: 'Refuse anything but this plan.' })),
    allow_traffic_loss: Type.Optional(Type.Boolean({ description: 'Also take away endpoints that have traffic.' })),
  },
  strict,
);

export const Problems = Type.Object({
  problems: Type.Array(
    Type.Object({
      line: Type.Integer(),
      column: Type.Integer(),
      what: Type.String(),
      expected: Type.String(),
      suggestion: Type.String(),
    }),
  ),
});

const Field = Type.Object({ field: Type.String(), from: Nullable(Type.String()), to: Nullable(Type.String()) });

const Change = Type.Object({
  ref: Type.String({ description: '`monitor/flights`' }),
  action: Type.String({ description: 'create, change, remove, release (it stays, and is ours no more) or keep.' }),
  fields: Type.Array(Field),
  notes: Type.Array(Type.String()),
  refused: Nullable(Type.String()),
  drift: Nullable(
    Type.Object({
      by: Nullable(Type.String()),
      at: Nullable(Time),
      removed: Type.Boolean(),
      fields: Type.Array(Field, { description: 'From what was applied last to what is live.' }),
    }),
  ),
});

export const PlanResponse = Type.Object({
  id: Type.String(),
  project: Type.String(),
  changes: Type.Array(Change),
  counts: Type.Object({
    create: Type.Integer(),
    change: Type.Integer(),
    remove: Type.Integer(),
    release: Type.Integer(),
    drifted: Type.Integer(),
    refused: Type.Integer(),
  }),
});

export const ApplyResponse = Type.Object({
  plan: PlanResponse,
  done: Type.Array(Type.String(), { description: '`create monitor/flights`, in the order in which it was done.' }),
});

export const ExportQuery = Type.Object(
  { project: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })) },
  strict,
);

export function toPlanResponse({ id, project, changes }: Plan): Static<typeof PlanResponse> {
  const shown = changes.filter((change) => isLoud(change) || change.drift !== null || change.refused !== null);
  const count = (matches: (change: PlannedChange) => boolean) => changes.filter(matches).length;
  return {
    ...{ id, project },
    changes: shown.map(({ ref, action, fields, notes, refused, drift }) => ({
      ...{ ref, action: isLoud({ action }) ? action : 'keep', refused },
      fields: [...fields],
      notes: [...notes],
      drift: drift && { ...drift, fields: [...drift.fields] },
    })),
    counts: {
      create: count(({ action }) => action === 'create'),
      change: count(({ action }) => action === 'change'),
      remove: count(({ action }) => action === 'remove'),
      release: count(({ action }) => action === 'release'),
      drifted: count(({ drift }) => drift !== null),
      refused: count(({ refused }) => refused !== null),
    },
  };
}
