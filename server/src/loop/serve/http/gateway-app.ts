import type { Clock } from '../../../platform/clock.ts';
import type { Config } from '../../../platform/config/config.ts';
import { type App, createHttp } from '../../../platform/http/create-http.ts';
import { isLoopback } from '../../../platform/http/loopback.ts';
import type { Log } from '../../../platform/log.ts';
import type { DesiredState } from '../../deploy/index.ts';
import type { Answerer } from '../answer-prediction.ts';
import { authenticateCaller } from './authenticate-caller.ts';
import { createMetrics } from './count-requests.ts';
import { inferenceRoutes } from './inference.routes.ts';
import { invocationRoutes } from './invocation.routes.ts';
import { BODY_LIMIT } from './send-json.ts';

export interface GatewayParts extends Answerer {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly tokens: () => DesiredState['tokens'];
  /** Whether it has come up, and is not ending. */
  readonly isReady: () => boolean;
}

/** How long a caller may take to send a request. */
const SLOWEST_BODY_MS = 120_000;

/** The HTTP app of the gateway, not yet listening. */
export function createGatewayApp(parts: GatewayParts): App {
  const { config, log } = parts;
  const required = config.requireTokens || (!isLoopback(config.host) && !config.insecure);
  const app = createHttp({
    log,
    authenticate: authenticateCaller(parts, { required }),
    door: { ...config, publicName: new URL(config.gatewayUrl).hostname },
    bodyLimit: BODY_LIMIT,
  });
  app.server.requestTimeout = SLOWEST_BODY_MS;
  const metrics = createMetrics(parts);
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  const protocol = (prefix: string, routes: (scope: App, parts: GatewayParts) => void) => {
    app.register(
      (scope, _options, done) => {
        readBytes(scope);
        scope.addHook('onRequest', async (request, reply) => {
          if (request.method === 'POST') reply.header('bucle-prediction-id', request.id);
        });
        scope.addHook('onResponse', async (request, reply) => {
          if (request.method === 'POST') metrics.count(request, reply);
        });
        routes(scope, parts);
        done();
      },
      { prefix },
    );
  };
  protocol('/endpoints', invocationRoutes);
  protocol('/v2', inferenceRoutes);
  return app;
}

/** Each protocol reads its bytes itself: JSON has words here that `JSON.parse` refuses. */
function readBytes(scope: App): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}
