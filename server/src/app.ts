import type { Context, Stage } from './context.ts';
import { importRoutes } from './imports/index.ts';
import { authenticator } from './platform/auth/authenticate.ts';
import { tokenRoutes } from './platform/auth/token.routes.ts';
import { runSubscriptions } from './platform/events/run-subscriptions.ts';
import { type App, createHttp } from './platform/http/create-http.ts';
import { isLoopback } from './platform/http/loopback.ts';
import { metricRoutes } from './platform/http/metrics.routes.ts';
import { describeApi } from './platform/http/openapi.ts';
import { deliveryJob } from './platform/webhooks/deliver-event.ts';
import { webhookSubscription } from './platform/webhooks/event-subscription.ts';
import { realNetwork } from './platform/webhooks/network.ts';
import { webhookRoutes } from './platform/webhooks/webhook.routes.ts';
import { projectRoutes } from './project/index.ts';
import { serverMetrics } from './server-metrics.ts';
import { viewRoutes } from './views/index.ts';

/** Whether callers must show a token: always off loopback, unless `--insecure` was said; on loopback when asked for. */
export function tokensRequired({ config }: Pick<Context, 'config'>): boolean {
  return config.requireTokens || (!isLoopback(config.host) && !config.insecure);
}

/** context + stages → the HTTP app of the control server, not yet listening. */
export async function createApp(context: Context, stages: readonly Stage[]): Promise<App> {
  const app = createHttp({
    log: context.log,
    authenticate: authenticator(context, { required: tokensRequired(context) }),
    door: { ...context.config, publicName: new URL(context.config.serverUrl).hostname },
    staticPrefix: context.config.staticPrefix,
  });
  await describeApi(app);
  metricRoutes(app, [...serverMetrics(context), ...stages.flatMap((stage) => stage.metrics?.(context) ?? [])], context);
  tokenRoutes(app, context);
  webhookRoutes(app, context, realNetwork);
  viewRoutes(app, context);
  projectRoutes(app, context);
  await importRoutes(app, context);
  for (const stage of stages) await stage.routes?.(app, context);
  return app;
}

/** Starts what the stages do by themselves: durable jobs and reactions to events. */
export function startBackground(context: Context, stages: readonly Stage[]): AsyncDisposable {
  const workers = context.jobs.startWorker([
    deliveryJob(context, realNetwork),
    ...stages.flatMap((stage) => stage.jobs?.(context) ?? []),
  ]);
  const reactions = runSubscriptions(context, [
    webhookSubscription(context),
    ...stages.flatMap((stage) => stage.subscriptions?.(context) ?? []),
  ]);
  return {
    async [Symbol.asyncDispose]() {
      await reactions[Symbol.asyncDispose]();
      await workers[Symbol.asyncDispose]();
    },
  };
}
