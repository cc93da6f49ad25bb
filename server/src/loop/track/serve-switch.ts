import type { App } from '../../platform/http/create-http.ts';

/** With `--no-serve-artifacts`, in the words that MLflow's server has for it. */
export function refuseUnserved(scope: App): void {
  scope.addHook('preHandler', async (request, reply) =>
    reply
      .code(503)
      .type('text/plain')
      .send(
        `Endpoint: ${request.routeOptions.url ?? ''} disabled due to the mlflow server running with \`--no-serve-artifacts\`. ` +
          'To enable artifacts server functionality, run `mlflow server` with `--serve-artifacts`',
      ),
  );
}
