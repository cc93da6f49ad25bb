import { type Static, Type } from 'typebox';

/**
 * What an import carries, in the form in which Bucle keeps it. Readers make these out of a source, the CLI sends
 * them, and the server makes them again out of its own tables to be compared.
 */

const Id = Type.String({ minLength: 1, maxLength: 256 });
const Text = Type.String();
const Time = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Nullable = <T extends typeof Text | typeof Time>(type: T) => Type.Union([type, Type.Null()]);
const Lifecycle = Type.Union([Type.Literal('active'), Type.Literal('deleted')]);

export const PairRecord = Type.Object({ key: Id, value: Text }, { additionalProperties: false });

export const ExperimentRecord = Type.Object(
  {
    /** As the source has it: MLflow's folders have ids beyond 2^53. */
    source_id: Id,
    name: Type.String({ minLength: 1, maxLength: 500 }),
    lifecycle: Lifecycle,
    /** Null: `<artifact root of the server>/<id>`. */
    artifact_location: Nullable(Text),
    created_at: Time,
    updated_at: Time,
    tags: Type.Array(PairRecord),
  },
  { additionalProperties: false },
);
export type ExperimentRecord = Static<typeof ExperimentRecord>;

const InputRecord = Type.Object(
  {
    name: Text,
    digest: Text,
    source_type: Text,
    source: Text,
    schema: Nullable(Text),
    profile: Nullable(Text),
    tags: Type.Array(PairRecord),
  },
  { additionalProperties: false },
);

export const RunRecord = Type.Object(
  {
    id: Type.String({ pattern: '^[a-zA-Z0-9][\\w\\-]{0,255}$' }),
    experiment: Type.Integer({ minimum: 0 }),
    name: Text,
    user: Text,
    status: Type.Union([
      Type.Literal('RUNNING'),
      Type.Literal('SCHEDULED'),
      Type.Literal('FINISHED'),
      Type.Literal('FAILED'),
      Type.Literal('KILLED'),
    ]),
    lifecycle: Lifecycle,
    start_time: Nullable(Time),
    end_time: Nullable(Time),
    artifact_uri: Text,
    params: Type.Array(PairRecord),
    tags: Type.Array(PairRecord),
    inputs: Type.Array(InputRecord),
    model_inputs: Type.Array(Type.Object({ model: Id, step: Type.Integer() }, { additionalProperties: false })),
    model_outputs: Type.Array(Type.Object({ model: Id, step: Type.Integer() }, { additionalProperties: false })),
  },
  { additionalProperties: false },
);
export type RunRecord = Static<typeof RunRecord>;

/** A number as JSON has none: NaN. */
const Value = Type.Union([Type.Number(), Type.Literal('NaN')]);

/** `[timestamp, step, value]`. */
export const PointRecord = Type.Tuple([Time, Type.Integer(), Value]);
export type PointRecord = Static<typeof PointRecord>;

const ModelMetricRecord = Type.Object(
  {
    key: Id,
    value: Value,
    timestamp: Time,
    step: Type.Integer(),
    run: Text,
    dataset_name: Nullable(Text),
    dataset_digest: Nullable(Text),
  },
  { additionalProperties: false },
);
export type ModelMetricRecord = Static<typeof ModelMetricRecord>;

export const LoggedModelRecord = Type.Object(
  {
    id: Type.String({ pattern: '^m-[0-9a-f]{32}$' }),
    experiment: Type.Integer({ minimum: 0 }),
    name: Text,
    model_type: Nullable(Text),
    status: Type.Union([
      Type.Literal('LOGGED_MODEL_PENDING'),
      Type.Literal('LOGGED_MODEL_READY'),
      Type.Literal('LOGGED_MODEL_UPLOAD_FAILED'),
    ]),
    lifecycle: Lifecycle,
    source_run: Nullable(Text),
    artifact_uri: Text,
    created_at: Time,
    updated_at: Time,
    params: Type.Array(PairRecord),
    tags: Type.Array(PairRecord),
    metrics: Type.Array(ModelMetricRecord),
  },
  { additionalProperties: false },
);
export type LoggedModelRecord = Static<typeof LoggedModelRecord>;

export const VersionRecord = Type.Object(
  {
    number: Type.Integer({ minimum: 1, maximum: 2 ** 31 }),
    source: Text,
    location: Text,
    model_id: Nullable(Text),
    run: Nullable(Text),
    run_link: Nullable(Text),
    description: Nullable(Text),
    stage: Type.Union([
      Type.Literal('None'),
      Type.Literal('Staging'),
      Type.Literal('Production'),
      Type.Literal('Archived'),
    ]),
    created_at: Time,
    created_by: Text,
    updated_at: Time,
    tags: Type.Array(PairRecord),
  },
  { additionalProperties: false },
);
export type VersionRecord = Static<typeof VersionRecord>;

export const RegisteredModelRecord = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 256 }),
    description: Nullable(Text),
    created_at: Time,
    updated_at: Time,
    tags: Type.Array(PairRecord),
    aliases: Type.Array(
      Type.Object({ alias: Id, number: Type.Integer({ minimum: 1 }) }, { additionalProperties: false }),
    ),
    /** The highest number that was ever given, also to versions that are deleted. */
    last_number: Type.Integer({ minimum: 0 }),
    versions: Type.Array(VersionRecord),
  },
  { additionalProperties: false },
);
export type RegisteredModelRecord = Static<typeof RegisteredModelRecord>;
