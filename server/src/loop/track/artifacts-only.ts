import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';

const API = /^\/(ajax-)?api\/[23]\.0\//;
const ARTIFACTS = /^\/(ajax-)?api\/[23]\.0\/(mlflow-artifacts\/|mlflow\/server-info$)/;

/** A server that was started for artifacts says, in the words of MLflow, that it does not track. */
export function refuseTracking(app: App, { config }: Pick<Context, 'config'>): void {
  if (!config.artifacts.only) return;
  app.addHook('preHandler', async ({ url }, reply) => {
    const path = url.split('?', 1)[0] ?? '';
    const tracks = (API.test(path) && !ARTIFACTS.test(path)) || path.startsWith('/v1/traces');
    if (!tracks) return;
    return reply
      .code(503)
      .type('text/plain')
      .send(
        `Endpoint: ${path.slice(0, 300)} disabled due to the mlflow server running in \`--artifacts-only\` mode. ` +
          'To enable tracking server functionality, run `mlflow server` without `--artifacts-only`',
      );
  });
}
