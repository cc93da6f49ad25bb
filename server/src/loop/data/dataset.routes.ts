import { Readable } from 'node:stream';
import { canonicalManifest, MANIFEST_FORMAT } from '@bucle/client/chunks';
import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { commitVersion } from './commit-version.ts';
import {
  DatasetPage,
  DatasetQuery,
  FileParams,
  NameParams,
  NewVersionBody,
  toDetailResponse,
  toVersionResponse,
  Version,
  VersionDetail,
  VersionPage,
  VersionParams,
  VersionQuery,
} from './dataset.schema.ts';
import { findProfile, listDatasets, listVersions } from './dataset.store.ts';
import { formatDatasetRef } from './dataset.ts';
import { dataErrors } from './errors.ts';
import { loadManifest, MAX_MANIFEST_BYTES } from './manifest-blob.ts';
import { readFileChunks } from './read-chunks.ts';
import { resolveVersion } from './resolve-version.ts';

const tags = ['datasets'];
const Bytes = Type.Unsafe<Readable>({ type: 'string', format: 'binary' });
const ManifestText = Type.Unsafe<string>({ type: 'object', description: `${MANIFEST_FORMAT}, in its canonical form.` });

export function datasetRoutes(app: App, context: Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock'>): void {
  listRoutes(app, context);
  contentRoutes(app, context);
  app.post(
    '/api/v1/datasets/:name/versions',
    {
      bodyLimit: MAX_MANIFEST_BYTES,
      schema: {
        tags,
        operationId: 'commitDatasetVersion',
        summary: 'Makes a version of chunks that are stored; the same content answers the version that it already is.',
        params: NameParams,
        body: NewVersionBody,
        response: { 200: Version, 201: Version },
      },
    },
    async ({ params, body, principal }, reply) => {
      const given = {
        name: params.name,
        manifest: body.manifest,
        message: body.message ?? null,
        actor: principal.name,
      };
      const { version, created } = await commitVersion(context, given);
      return reply.code(created ? 201 : 200).send(toVersionResponse(version));
    },
  );
}

function listRoutes(app: App, { db }: Pick<Context, 'db'>): void {
  app.get(
    '/api/v1/datasets',
    { schema: { tags, operationId: 'listDatasets', querystring: DatasetQuery, response: { 200: DatasetPage } } },
    async ({ query }) => {
      const datasets = await listDatasets(db.scan, query);
      const next = datasets.length < query.limit ? null : (datasets.at(-1)?.name ?? null);
      return { datasets: datasets.map((one) => ({ ...one, latest: toVersionResponse(one.latest) })), next };
    },
  );
  app.get(
    '/api/v1/datasets/:name',
    {
      schema: {
        tags,
        operationId: 'listDatasetVersions',
        params: NameParams,
        querystring: VersionQuery,
        response: { 200: VersionPage },
      },
    },
    async ({ params: { name }, query: { before = null, limit } }) => {
      const versions = await listVersions(db.scan, name, { before, limit });
      if (versions.length === 0 && before === null) throw dataErrors.DATASET_NOT_FOUND({ name });
      const next = versions.length < limit ? null : (versions.at(-1)?.number ?? null);
      return { name, versions: versions.map(toVersionResponse), next };
    },
  );
  app.get(
    '/api/v1/datasets/:name/versions/:version',
    {
      schema: { tags, operationId: 'getDatasetVersion', params: VersionParams, response: { 200: VersionDetail } },
    },
    async ({ params }) => {
      const version = await resolveVersion({ db }, toRef(params));
      return toDetailResponse(version, await findProfile(db.read, version.id));
    },
  );
}

function contentRoutes(app: App, context: Pick<Context, 'db' | 'blobs'>): void {
  app.get(
    '/api/v1/datasets/:name/versions/:version/manifest',
    {
      schema: { tags, operationId: 'getDatasetManifest', params: VersionParams, response: { 200: ManifestText } },
      serializerCompiler: () => (text) => text as string,
    },
    async ({ params }, reply) => {
      const { id } = await resolveVersion(context, toRef(params));
      return reply.type('application/json').send(canonicalManifest(await loadManifest(context, id)));
    },
  );
  app.get(
    '/api/v1/datasets/:name/versions/:version/files/*',
    { schema: { tags, operationId: 'getDatasetFile', params: FileParams, response: { 200: Bytes } } },
    async ({ params }, reply) => {
      const version = await resolveVersion(context, toRef(params));
      const manifest = await loadManifest(context, version.id);
      const file = manifest.files.find(({ path }) => path === params['*']);
      if (!file) throw dataErrors.FILE_NOT_FOUND({ ref: formatDatasetRef(version), path: params['*'] });
      reply.header('content-length', file.size).header('etag', `"${file.sha256}"`);
      // Never as a page of this origin: the bytes are whatever somebody pushed.
      reply.header('content-disposition', 'attachment').header('x-content-type-options', 'nosniff');
      return reply
        .type('application/octet-stream')
        .send(Readable.from(readFileChunks(context, file), { objectMode: false }));
    },
  );
}

function toRef({ name, version }: { name: string; version: string }) {
  return { name, number: version === 'latest' ? null : Number(version) };
}
