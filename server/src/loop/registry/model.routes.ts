import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { registryErrors } from './errors.ts';
import {
  ModelDetail,
  ModelPage,
  ModelQuery,
  NameParams,
  NewVersionBody,
  toModelResponse,
  toVersionResponse,
  Version,
  VersionParams,
  VersionQuery,
} from './model.schema.ts';
import { findModel, listModels } from './model.store.ts';
import { registerLoggedModel } from './register-logged-model.ts';
import { resolveVersion } from './resolve-version.ts';
import { countVersions, listNewest, listVersions } from './version.store.ts';

const tags = ['models'];

/** Bucle's own view of the registry; MLflow's operations are beside it. */
export function modelRoutes(app: App, context: Pick<Context, 'db' | 'clock'>): void {
  listRoutes(app, context);
  app.get(
    '/api/v1/models/:name/versions/:version',
    { schema: { tags, operationId: 'getModelVersion', params: VersionParams, response: { 200: Version } } },
    async ({ params: { name, version } }) => {
      const ref = version.startsWith('@') ? `${name}${version}` : `${name}/${version}`;
      return toVersionResponse(await resolveVersion(context, ref));
    },
  );
  app.post(
    '/api/v1/models/:name/versions',
    {
      schema: {
        tags,
        operationId: 'registerModelVersion',
        summary:
          'Registers a logged model, and makes the registered model when there is none. The same logged model answers ' +
          'the version that it already is.',
        params: NameParams,
        body: NewVersionBody,
        response: { 200: Version, 201: Version },
      },
    },
    async ({ params, body, principal, id }, reply) => {
      const { version, created } = await registerLoggedModel(context, {
        ...{ name: params.name, from: body.from, description: body.description ?? null },
        ...{ actor: principal.name, cause: `request:${id}` },
      });
      return reply.code(created ? 201 : 200).send(toVersionResponse(version));
    },
  );
}

function listRoutes(app: App, { db }: Pick<Context, 'db'>): void {
  app.get(
    '/api/v1/models',
    { schema: { tags, operationId: 'listModels', querystring: ModelQuery, response: { 200: ModelPage } } },
    async ({ query }) => {
      const models = await listModels(db.scan, query);
      const names = models.map(({ name }) => name);
      const [counts, newest] = [await countVersions(db.scan, names), await listNewest(db.scan, names)];
      return {
        models: models.map((model) => {
          const latest = newest.find(({ name }) => name === model.name);
          return {
            ...toModelResponse(model),
            versions: counts.get(model.name) ?? 0,
            latest: latest === undefined ? null : toVersionResponse(latest),
          };
        }),
        next: models.length < query.limit ? null : (names.at(-1) ?? null),
      };
    },
  );
  app.get(
    '/api/v1/models/:name',
    {
      schema: {
        tags,
        operationId: 'getModel',
        params: NameParams,
        querystring: VersionQuery,
        response: { 200: ModelDetail },
      },
    },
    async ({ params: { name }, query: { before = null, limit } }) => {
      const model = await findModel(db.read, name);
      if (!model) throw registryErrors.MODEL_NOT_FOUND({ name });
      const versions = await listVersions(db.scan, name, { before, limit });
      return {
        ...toModelResponse(model),
        versions: versions.map(toVersionResponse),
        next: versions.length < limit ? null : (versions.at(-1)?.number ?? null),
      };
    },
  );
}
