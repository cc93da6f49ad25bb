import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { mlflowError, speakMlflow } from './mlflow-protocol/index.ts';

/** The MLflow whose server this one stands in for. */
const MLFLOW_VERSION = '3.17.2';

/** What clients ask before they begin, and the answer to all that this server does not have. */
export async function serverInfoRoutes(app: App, { config }: Pick<Context, 'config'>): Promise<void> {
  const { blobs, artifacts } = config;
  // Clients then use them unasked: worth it only where the bytes go past this server.
  const isDirect = artifacts.serve && blobs.kind === 's3' && blobs.direct === true;
  const info = {
    store_type: 'SqlStore',
    workspaces_enabled: false,
    multipart_uploads_enabled: isDirect,
    multipart_downloads_enabled: isDirect,
    presigned_upload_run_id_supported: true,
    presigned_upload_model_id_supported: true,
  };
  const open = { config: { scope: 'none' } } as const;
  app.get('/health', open, async (_request, reply) => reply.type('text/plain').send('OK'));
  app.get('/version', open, async (_request, reply) => reply.type('text/plain').send(MLFLOW_VERSION));
  for (const prefix of ['/api', '/ajax-api']) {
    app.get(`${prefix}/3.0/mlflow/server-info`, async () => info);
  }
  await app.register((scope, _options, registered) => {
    speakMlflow(scope as unknown as App);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const prefix of ['/api/2.0', '/api/3.0', '/ajax-api/2.0', '/ajax-api/3.0']) {
      scope.all(`${prefix}/*`, { config: { scope: 'read' } }, async (request, reply) => {
        const path = request.url.split('?')[0] ?? '';
        const verbs = app.verbsOf(path);
        if (verbs.length > 0) {
          return reply
            .code(request.method === 'OPTIONS' ? 204 : 405)
            .header('allow', verbs.join(', '))
            .send();
        }
        // With any other code clients would not fall back to what older servers have.
        throw mlflowError('ENDPOINT_NOT_FOUND', `No API answers ${request.method} ${path.slice(0, 300)} here.`);
      });
    }
    registered();
  });
}
