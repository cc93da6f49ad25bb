import type { App } from '../../platform/http/create-http.ts';
import { mlflowError, speakMlflow } from './mlflow-protocol/index.ts';

/** The MLflow whose server this one stands in for. */
const MLFLOW_VERSION = '3.17.2';

/** What clients ask before they begin, and the answer to all that this server does not have. */
export async function serverInfoRoutes(app: App): Promise<void> {
  const open = { config: { scope: 'none' } } as const;
  app.get('/health', open, async (_request, reply) => reply.type('text/plain').send('OK'));
  app.get('/version', open, async (_request, reply) => reply.type('text/plain').send(MLFLOW_VERSION));
  for (const prefix of ['/api', '/ajax-api']) {
    app.get(`${prefix}/3.0/mlflow/server-info`, async () => ({ store_type: 'SqlStore', workspaces_enabled: false }));
  }
  await app.register((scope, _options, registered) => {
    speakMlflow(scope as unknown as App);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const prefix of ['/api/2.0', '/api/3.0', '/ajax-api/2.0', '/ajax-api/3.0']) {
      scope.all(`${prefix}/*`, { config: { scope: 'read' } }, async (request) => {
        const path = request.url.split('?')[0] ?? '';
        // With any other code clients would not fall back to what older servers have.
        throw mlflowError('ENDPOINT_NOT_FOUND', `No API answers ${request.method} ${path.slice(0, 300)} here.`);
      });
    }
    registered();
  });
}
