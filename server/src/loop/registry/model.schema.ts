import { Type } from 'typebox';
import { MAX_NAME, type ModelVersion, type RegisteredModel, versionRef } from './model.ts';

const strict = { additionalProperties: false } as const;
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
// PostgreSQL keeps no NUL, and cannot be asked for one.
const Name = Type.String({ minLength: 1, maxLength: MAX_NAME, pattern: '^[^\\u0000]*$' });
const Tags = Type.Record(Type.String(), Type.String());

export const NameParams = Type.Object({ name: Name });

export const VersionParams = Type.Object({
  name: Name,
  version: Type.String({
    pattern: '^(latest|[1-9][0-9]{0,8}|@.{1,255})$',
    description: 'A number, `latest`, or `@` and an alias.',
  }),
});

export const Version = Type.Object({
  ref: Type.String({ description: '`version:flights/3`' }),
  name: Type.String(),
  number: Type.Integer(),
  model_id: Nullable(
    Type.String({ description: 'Logged model; null: its files belong to none, it cannot be deployed.' }),
  ),
  run: Nullable(Type.String({ description: 'Run that logged it.' })),
  source: Type.String({ description: 'What it was registered from, in MLflow’s form.' }),
  description: Nullable(Type.String()),
  stage: Type.String({ description: 'A label of MLflow; moves no traffic.' }),
  aliases: Type.Array(Type.String(), { description: 'They move no traffic.' }),
  tags: Tags,
  created_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  created_by: Type.String(),
});

const modelProperties = {
  name: Type.String(),
  description: Nullable(Type.String()),
  aliases: Type.Record(Type.String(), Type.Integer(), { description: 'Alias → number.' }),
  tags: Tags,
  created_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  updated_at: Type.Integer(),
};

export const ModelPage = Type.Object({
  models: Type.Array(
    Type.Object({
      ...modelProperties,
      versions: Type.Integer({ description: 'How many.' }),
      latest: Nullable(Version),
    }),
  ),
  next: Nullable(Type.String({ description: 'Pass it as `after` to see more.' })),
});

export const ModelDetail = Type.Object({
  ...modelProperties,
  versions: Type.Array(Version, { description: 'Newest first.' }),
  next: Nullable(Type.Integer({ description: 'Pass it as `before` to see more.' })),
});

export const NewVersionBody = Type.Object(
  {
    from: Type.String({ minLength: 1, maxLength: 200, description: '`run:…`, `job:…` or `model:m-…`' }),
    description: Type.Optional(Type.String({ maxLength: 5_000 })),
  },
  strict,
);

const limit = Type.Integer({ minimum: 1, maximum: 1_000, default: 200 });
export const ModelQuery = Type.Object({ after: Type.String({ default: '', pattern: '^[^\\u0000]*$' }), limit }, strict);
export const VersionQuery = Type.Object({ before: Type.Optional(Type.Integer({ minimum: 1 })), limit }, strict);

export function toVersionResponse(version: ModelVersion) {
  return {
    ref: versionRef(version),
    name: version.name,
    number: version.number,
    model_id: version.modelId,
    run: version.run,
    source: version.source,
    description: version.description || null,
    stage: version.stage,
    aliases: [...version.aliases],
    tags: { ...version.tags },
    created_at: version.createdAt,
    created_by: version.createdBy,
  };
}

export function toModelResponse(model: RegisteredModel) {
  return {
    name: model.name,
    description: model.description || null,
    aliases: { ...model.aliases },
    tags: { ...model.tags },
    created_at: model.createdAt,
    updated_at: model.updatedAt,
  };
}
