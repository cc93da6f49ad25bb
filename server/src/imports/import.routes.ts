import { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { appendEvent } from '../platform/events/event.store.ts';
import type { App } from '../platform/http/create-http.ts';
import { uuidv7 } from '../platform/ids.ts';
import { importErrors } from './errors.ts';
import {
  ArtifactList,
  ArtifactQuery,
  ArtifactResponse,
  DigestsBody,
  DigestsResponse,
  ExperimentsBody,
  ExperimentsResponse,
  ImportList,
  ImportParams,
  ImportResponse,
  LoggedModelsBody,
  OwnerParams,
  PlanBody,
  PlanResponse,
  PointsBody,
  RefusedResponse,
  RegisteredModelsBody,
  ReportBody,
  RunsBody,
  StartBody,
} from './import.schema.ts';
import {
  findImport,
  findImportOfStore,
  type ImportRow,
  insertImport,
  listImports,
  updateImport,
} from './import.store.ts';
import { planImport } from './plan-import.ts';
import { readDigests } from './read-digests.ts';
import { listStored, storeArtifact } from './store-artifact.ts';
import { writeExperiments, writeLoggedModels, writePoints, writeRegisteredModels, writeRuns } from './write-records.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'clock' | 'config'>;

const tags = ['imports'];
/** An import writes ids, times and states that nobody else may choose. */
const config = { scope: 'admin' } as const;
const params = ImportParams;
const Empty = Type.Object({});

/** Takes over what another tracking server recorded, batch by batch; each batch is written or not, and may come again. */
export async function importRoutes(app: App, parts: Parts): Promise<void> {
  startRoutes(app, parts);
  endRoutes(app, parts);
  trackRoutes(app, parts);
  modelRoutes(app, parts);
  await app.register((scope, _options, registered) => {
    artifactRoutes(scope as unknown as App, parts);
    registered();
  });
}

function startRoutes(app: App, { db, clock, config: settings }: Parts): void {
  app.post(
    '/api/v1/imports/plan',
    {
      config,
      schema: {
        ...{ tags, operationId: 'planImport', summary: 'What of a source is here already, and which names are taken.' },
        body: PlanBody,
        response: { 200: PlanResponse },
      },
    },
    ({ body }) => planImport({ db, config: settings }, body),
  );
  app.post(
    '/api/v1/imports',
    {
      config,
      schema: {
        ...{ tags, operationId: 'startImport', summary: 'Begins an import, or goes on with that of the same store.' },
        body: StartBody,
        response: { 200: ImportResponse },
      },
    },
    async ({ body, principal }) => {
      const before = await findImportOfStore(db.read, body.store);
      if (before) return toResponse(before);
      const now = clock.now();
      await db.transaction((trx) =>
        insertImport(trx, {
          ...{ id: uuidv7(now), ...body, state: 'running', report: null },
          ...{ created_at: now, created_by: principal.name, updated_at: now },
        }),
      );
      const made = await findImportOfStore(db.read, body.store);
      if (!made) throw new Error(`The import of ${body.store} is not there right after it was inserted.`);
      return toResponse(made);
    },
  );
}

function endRoutes(app: App, { db, clock }: Parts): void {
  app.get(
    '/api/v1/imports',
    {
      config,
      schema: { tags, operationId: 'listImports', summary: 'Imports, newest first.', response: { 200: ImportList } },
    },
    async () => ({ imports: (await listImports(db.read)).map(toResponse) }),
  );
  app.get(
    '/api/v1/imports/:id',
    {
      config,
      schema: {
        ...{ tags, operationId: 'getImport', summary: 'An import with its last report.', params },
        response: { 200: ImportResponse },
      },
    },
    async ({ params: { id } }) => toResponse(await requireImport(db.read, id)),
  );
  app.post(
    '/api/v1/imports/:id/done',
    {
      config,
      schema: {
        ...{
          tags,
          operationId: 'endImport',
          summary: 'Notes that an import came to its end, with its report.',
          params,
        },
        body: ReportBody,
        response: { 200: ImportResponse },
      },
    },
    async ({ params: { id }, body, principal }) => {
      const { address } = await requireImport(db.read, id);
      await db.transaction(async (trx) => {
        await updateImport(trx, id, { state: 'done', report: JSON.stringify(body.report), updated_at: clock.now() });
        const data = { address };
        await appendEvent(
          trx,
          { clock },
          { type: 'import.finished', subject: `import:${id}`, actor: principal.name, data },
        );
      });
      return toResponse(await requireImport(db.read, id));
    },
  );
}

function trackRoutes(app: App, { db, config: settings }: Parts): void {
  app.post(
    '/api/v1/imports/digests',
    {
      config,
      schema: {
        ...{ tags, operationId: 'digestImported', summary: 'Counts and hashes of what is here, part by part.' },
        body: DigestsBody,
        response: { 200: DigestsResponse },
      },
    },
    async ({ body }) => ({ found: await readDigests(db.scan, body.kind, body.ids) }),
  );
  app.post(
    '/api/v1/imports/:id/experiments',
    {
      config,
      schema: {
        ...{
          tags,
          operationId: 'importExperiments',
          summary: 'Writes experiments; answers which ids they have.',
          params,
        },
        body: ExperimentsBody,
        response: { 200: ExperimentsResponse },
      },
    },
    async ({ params: { id }, body }) => {
      await requireImport(db.read, id);
      const written = await writeExperiments({ db, config: settings }, id, body.experiments);
      return { experiments: [...written].map(([source_id, target]) => ({ source_id, id: target })) };
    },
  );
  app.post(
    '/api/v1/imports/:id/runs',
    {
      config,
      schema: {
        ...{ tags, operationId: 'importRuns', summary: 'Writes runs, without their points.', params },
        body: RunsBody,
        response: { 200: RefusedResponse },
      },
    },
    async ({ params: { id }, body }) => {
      await requireImport(db.read, id);
      return { refused: await writeRuns({ db }, id, body.runs) };
    },
  );
  app.post(
    '/api/v1/imports/:id/points',
    {
      config,
      schema: {
        ...{ tags, operationId: 'importPoints', summary: 'Writes points of metrics of imported runs.', params },
        body: PointsBody,
        response: { 200: Empty },
      },
    },
    async ({ params: { id }, body }) => {
      await writePoints({ db }, id, body);
      return {};
    },
  );
}

function modelRoutes(app: App, { db }: Parts): void {
  app.post(
    '/api/v1/imports/:id/logged-models',
    {
      config,
      schema: {
        ...{ tags, operationId: 'importLoggedModels', summary: 'Writes logged models, without their files.', params },
        body: LoggedModelsBody,
        response: { 200: RefusedResponse },
      },
    },
    async ({ params: { id }, body }) => {
      await requireImport(db.read, id);
      return { refused: await writeLoggedModels({ db }, id, body.models) };
    },
  );
  app.post(
    '/api/v1/imports/:id/registered-models',
    {
      config,
      schema: {
        ...{
          tags,
          operationId: 'importRegisteredModels',
          summary: 'Writes registered models with their versions.',
          params,
        },
        body: RegisteredModelsBody,
        response: { 200: RefusedResponse },
      },
    },
    async ({ params: { id }, body }) => {
      await requireImport(db.read, id);
      return { refused: await writeRegisteredModels({ db }, id, body.models) };
    },
  );
}

function artifactRoutes(app: App, parts: Parts): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.put(
    '/api/v1/imports/:id/artifacts/:kind/:owner',
    {
      config,
      schema: {
        ...{ tags, operationId: 'importArtifact', summary: 'Keeps a file of an imported run or logged model.' },
        consumes: ['application/octet-stream'],
        params: OwnerParams,
        querystring: ArtifactQuery,
        response: { 200: ArtifactResponse },
      },
    },
    ({ params: { id, kind, owner }, query, body }) =>
      storeArtifact(
        parts,
        { import: id, kind, id: owner },
        { ...query, body: body instanceof Readable ? body : new Uint8Array() },
      ),
  );
  app.get(
    '/api/v1/imports/:id/artifacts/:kind/:owner',
    {
      config,
      schema: {
        ...{
          tags,
          operationId: 'listImportedArtifacts',
          summary: 'Files of an owner that were imported and are there.',
        },
        params: OwnerParams,
        response: { 200: ArtifactList },
      },
    },
    async ({ params: { id, kind, owner } }) => ({
      artifacts: await listStored(parts, { import: id, kind, id: owner }),
    }),
  );
}

async function requireImport(db: Context['db']['read'], id: string): Promise<ImportRow> {
  const found = await findImport(db, id);
  if (!found) throw importErrors.NOT_FOUND({ import: id });
  return found;
}

function toResponse({ id, kind, address, state, created_at, created_by, updated_at, report }: ImportRow) {
  return {
    ...{ id, kind, address, state, created_at, created_by, updated_at },
    report: report === null ? null : (JSON.parse(report) as unknown),
  };
}
