import type { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { trackErrors } from './errors.ts';
import { keepGolden, MAX_GOLDEN_BYTES, openGolden, requireActiveModel } from './golden.ts';
import { ownsModel } from './require-run.ts';

const tags = ['logged-models'];
const url = '/api/v1/logged-models/:model/golden';
const Params = Type.Object({ model: Type.String({ pattern: '^m-[0-9a-f]{32}$' }) });
const Document = Type.Unsafe<Readable>({ type: 'object', description: 'A document of the format bucle.golden.v1.' });

/** The golden requests of a logged model: what it answered where it was trained. */
export async function goldenRoutes(app: App, parts: Pick<Context, 'db' | 'blobs' | 'clock'>): Promise<void> {
  await app.register((scope, _options, registered) => {
    const own = scope as unknown as App;
    // The bytes themselves are kept, so they are not parsed on the way in.
    own.removeAllContentTypeParsers();
    own.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    putRoute(own, parts);
    getRoute(own, parts);
    registered();
  });
}

function putRoute(app: App, parts: Pick<Context, 'db' | 'blobs' | 'clock'>): void {
  app.put(
    url,
    {
      bodyLimit: MAX_GOLDEN_BYTES,
      config: { jobs: true },
      schema: {
        tags,
        operationId: 'keepGolden',
        summary: 'Keeps the golden requests of a logged model; what a job recorded is never replaced by another.',
        consumes: ['application/json'],
        params: Params,
        response: { 204: Type.Null() },
      },
    },
    async ({ params, body, principal }, reply) => {
      const model = await requireActiveModel(parts, params.model);
      if (principal.kind === 'job' && !(await ownsModel(parts.db.read, model, principal))) {
        throw trackErrors.NOT_OWN_MODEL({ job: principal.jobId, model: model.id });
      }
      if (!Buffer.isBuffer(body)) throw trackErrors.INVALID_GOLDEN({ problem: 'the body is empty.' });
      const kept = await keepGolden(parts, { model: model.id, body, actor: principal.name });
      if (!kept) throw trackErrors.GOLDEN_FIXED({ model: model.id });
      return reply.code(204).send(null);
    },
  );
}

function getRoute(app: App, parts: Pick<Context, 'db' | 'blobs'>): void {
  app.get(
    url,
    { exposeHeadRoute: false, schema: { tags, operationId: 'getGolden', params: Params, response: { 200: Document } } },
    async ({ params }, reply) => {
      const golden = await openGolden(parts, params.model);
      if (golden === null) throw trackErrors.GOLDEN_NOT_FOUND({ model: params.model });
      reply.header('etag', `"${golden.sha256}"`).header('content-length', golden.size);
      return reply.type('application/json').send(golden.body);
    },
  );
}
