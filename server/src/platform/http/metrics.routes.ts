import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Log } from '../log.ts';
import type { Metric } from '../metric.ts';
import type { App } from './create-http.ts';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** No metric has more series: Prometheus would suffer for what one user declared. */
const MOST_SERIES = 1_000;

/** `GET /metrics` for Prometheus: this process, its requests, and what the parts of the server tell. */
export function metricRoutes(app: App, metrics: readonly Metric[], { log }: { readonly log: Log }): void {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'bucle_http_requests_total',
    help: 'Requests to the control server, by route and status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'bucle_http_request_seconds',
    help: 'From the arrival of a request to the end of its answer.',
    labelNames: ['method', 'route'],
    buckets: BUCKETS,
    registers,
  });
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    // Paths that callers invent must not become series.
    const route = routeOptions.url ?? '';
    requests.inc({ method, route, status: reply.statusCode });
    seconds.observe({ method, route }, reply.elapsedTime / 1_000);
  });
  for (const metric of metrics) register(metric, registry, log);
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}

function register({ name, help, kind, labels, read }: Metric, registry: Registry, log: Log): void {
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  const collect = async () => {
    made.reset();
    try {
      for (const { labels: those, value } of (await read()).slice(0, MOST_SERIES)) made.inc(those, value);
    } catch (error) {
      log.warn({ err: error, metric: name }, 'a metric could not be read');
    }
  };
  const made: Gauge | Counter =
    kind === 'gauge' ? new Gauge({ ...options, collect }) : new Counter({ ...options, collect });
}
