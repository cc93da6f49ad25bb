import { type Static, Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { NameParams } from './dataset.schema.ts';
import { findDatasetDeclaration } from './declaration.store.ts';
import type { DeclaredDataset } from './declaration.ts';
import { declareDataset, removeDatasetDeclaration } from './declare-dataset.ts';
import { dataErrors } from './errors.ts';

const tags = ['datasets'];
const Column = Type.Union([Type.String({ minLength: 1, maxLength: 500 }), Type.Null()]);

const properties = {
  label: Type.Optional(Column),
  event_time: Type.Optional(Column),
  key: Type.Optional(Column),
  description: Type.Optional(Type.Union([Type.String({ maxLength: 2_000 }), Type.Null()])),
};

const Declaration = Type.Object({
  name: Type.String(),
  ...properties,
  changed_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  changed_by: Type.String(),
});

const DeclarationBody = Type.Object(properties, { additionalProperties: false });

export function declarationRoutes(app: App, context: Pick<Context, 'db' | 'clock'>): void {
  const find = async (name: string) => {
    const declared = await findDatasetDeclaration(context.db.read, name);
    if (!declared) throw dataErrors.NOT_DECLARED({ name });
    return toResponse(declared);
  };
  app.get(
    '/api/v1/datasets/:name/declaration',
    {
      schema: {
        tags,
        operationId: 'getDatasetDeclaration',
        summary: 'Which columns of a dataset are the label, the event time and the key.',
        params: NameParams,
        response: { 200: Declaration },
      },
    },
    ({ params }) => find(params.name),
  );
  app.put(
    '/api/v1/datasets/:name/declaration',
    {
      schema: {
        tags,
        operationId: 'declareDataset',
        summary: 'Says what the columns of a dataset mean; what is left out means nothing.',
        params: NameParams,
        body: DeclarationBody,
        response: { 200: Declaration },
      },
    },
    async ({ params: { name }, body, principal, id }) => {
      const { label = null, event_time: eventTime = null, key = null, description = null } = body;
      const because = { actor: principal.name, cause: `request:${id}` };
      await declareDataset(context, { name, declaration: { label, eventTime, key, description }, ...because });
      return find(name);
    },
  );
  app.delete(
    '/api/v1/datasets/:name/declaration',
    {
      schema: {
        tags,
        operationId: 'undeclareDataset',
        summary: 'Takes the declaration away; versions and their data stay.',
        params: NameParams,
        response: { 204: Type.Null() },
      },
    },
    async ({ params: { name }, principal, id }, reply) => {
      const removed = await removeDatasetDeclaration(context, { name, actor: principal.name, cause: `request:${id}` });
      if (!removed) throw dataErrors.NOT_DECLARED({ name });
      return reply.code(204).send(null);
    },
  );
}

function toResponse(declared: DeclaredDataset): Static<typeof Declaration> {
  const { name, label, eventTime, key, description, changedAt, changedBy } = declared;
  return { name, label, event_time: eventTime, key, description, changed_at: changedAt, changed_by: changedBy };
}
