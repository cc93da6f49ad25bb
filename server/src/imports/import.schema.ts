import { type Static, Type } from 'typebox';
import { ExperimentRecord, LoggedModelRecord, PointRecord, RegisteredModelRecord, RunRecord } from './record.ts';

const closed = { additionalProperties: false } as const;
const Id = Type.String({ minLength: 1, maxLength: 256 });
const Name = Type.String({ minLength: 1, maxLength: 1_000 });

export const ImportParams = Type.Object({ id: Id });

export const SourceBody = {
  store: Type.String({ minLength: 1, maxLength: 300, description: 'Tells the store from others, by any address.' }),
};

export const PlanBody = Type.Object(
  {
    ...SourceBody,
    experiments: Type.Array(Type.Object({ source_id: Id, name: Name }, closed), { maxItems: 100_000 }),
    models: Type.Array(Name, { maxItems: 100_000 }),
  },
  closed,
);
export type PlanBody = Static<typeof PlanBody>;

export const PlanResponse = Type.Object({
  artifact_root: Type.String({ description: 'Files of an experiment go below this, in a folder called as its id.' }),
  import: Type.Union([Id, Type.Null()]),
  resumes: Type.Boolean({ description: 'It was begun before and has not come to its end.' }),
  experiments: Type.Array(
    Type.Object({
      source_id: Id,
      id: Type.Union([Type.Integer(), Type.Null()], { description: 'That it has in Bucle; null: not there yet.' }),
    }),
  ),
  taken: Type.Array(Type.String(), { description: 'Names of something else.' }),
});
export type PlanResponse = Static<typeof PlanResponse>;

export const StartBody = Type.Object(
  { ...SourceBody, kind: Type.String({ maxLength: 50 }), address: Type.String({ maxLength: 2_000 }) },
  closed,
);

export const ImportResponse = Type.Object({
  id: Id,
  kind: Type.String(),
  address: Type.String(),
  state: Type.Union([Type.Literal('running'), Type.Literal('done')]),
  created_at: Type.Integer(),
  created_by: Type.String(),
  updated_at: Type.Integer(),
  report: Type.Unknown(),
});

export const ImportList = Type.Object({ imports: Type.Array(ImportResponse) });

export const ExperimentsBody = Type.Object({ experiments: Type.Array(ExperimentRecord, { maxItems: 1_000 }) }, closed);
export const ExperimentsResponse = Type.Object({
  experiments: Type.Array(Type.Object({ source_id: Id, id: Type.Integer() })),
});

const Refused = Type.Object({
  refused: Type.Array(Type.String(), { description: 'Ids that are in Bucle and do not come from this source.' }),
});
export const RefusedResponse = Refused;

export const RunsBody = Type.Object({ runs: Type.Array(RunRecord, { maxItems: 1_000 }) }, closed);

export const PointsBody = Type.Object(
  {
    series: Type.Array(
      Type.Object({ run: Id, key: Id, points: Type.Array(PointRecord, { maxItems: 20_000 }) }, closed),
      { maxItems: 20_000 },
    ),
  },
  closed,
);
export type PointsBody = Static<typeof PointsBody>;

export const LoggedModelsBody = Type.Object({ models: Type.Array(LoggedModelRecord, { maxItems: 1_000 }) }, closed);

export const RegisteredModelsBody = Type.Object(
  { models: Type.Array(RegisteredModelRecord, { maxItems: 1_000 }) },
  closed,
);

export const DigestsBody = Type.Object(
  {
    kind: Type.Union([
      Type.Literal('experiment'),
      Type.Literal('run'),
      Type.Literal('logged-model'),
      Type.Literal('registered-model'),
    ]),
    ids: Type.Array(Id, { maxItems: 1_000 }),
  },
  closed,
);

const SetDigest = Type.Object({ count: Type.Integer(), sha256: Type.String() });
export const DigestsResponse = Type.Object({
  found: Type.Array(Type.Object({ id: Id, parts: Type.Record(Type.String(), SetDigest) })),
});

export const OwnerParams = Type.Object({
  id: Id,
  kind: Type.Union([Type.Literal('run'), Type.Literal('logged-model')]),
  owner: Id,
});

export const ArtifactQuery = Type.Object({
  path: Type.String({ minLength: 1, maxLength: 5_000 }),
  stamp: Type.String({ maxLength: 200, description: 'Changes when the file of the source does.' }),
});
export const ArtifactResponse = Type.Object({ size: Type.Integer(), sha256: Type.String() });

export const ArtifactList = Type.Object({
  artifacts: Type.Array(
    Type.Object({ path: Type.String(), size: Type.Integer(), sha256: Type.String(), stamp: Type.String() }),
    { description: 'Those that are still there as they were stored.' },
  ),
});

export const ReportBody = Type.Object({ report: Type.Record(Type.String(), Type.Unknown()) }, closed);
