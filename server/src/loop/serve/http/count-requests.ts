import type { FastifyReply, FastifyRequest } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CaptureLog } from '../capture/capture.ts';
import type { Fleet } from '../gateway/fleet.ts';
import { DEPLOYMENT_HEADER } from './prediction-request.ts';

export interface RequestMetrics {
  readonly registry: Registry;
  /** One request that asked for a prediction, as it was answered. */
  count(request: FastifyRequest, reply: FastifyReply): void;
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What Prometheus is told about this gateway. */
export function createMetrics({
  fleet,
  captures,
}: {
  readonly fleet: Fleet;
  readonly captures: CaptureLog;
}): RequestMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'bucle_prediction_requests_total',
    help: 'Requests for predictions, by HTTP status.',
    labelNames: ['endpoint', 'deployment', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'bucle_prediction_request_seconds',
    help: 'From the arrival of a request to the end of its answer.',
    labelNames: ['endpoint', 'deployment'],
    buckets: BUCKETS,
    registers,
  });
  gauge('bucle_queue_length', 'Requests that wait for a worker.', ({ queued }) => queued);
  gauge('bucle_workers', 'Workers that are loaded.', ({ workers }) => workers);
  gauge('bucle_workers_lost_total', 'Workers that ended by themselves or were killed.', ({ lost }) => lost);
  function gauge(
    name: string,
    help: string,
    value: (load: { queued: number; workers: number; lost: number }) => number,
  ) {
    const made: Gauge = new Gauge({
      ...{ name, help, registers, labelNames: ['endpoint', 'deployment'] },
      collect() {
        made.reset();
        for (const { desired, deployments } of fleet.endpoints()) {
          for (const [deployment, { serving }] of deployments) {
            if (serving) made.set({ endpoint: desired.name, deployment }, value(serving.engine.load()));
          }
        }
      },
    });
  }
  const kept: Gauge = new Gauge({
    name: 'bucle_captures',
    help: 'Answered requests in the capture log: kept, delivered, lost and waiting.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(captures.counts())) kept.set({ state }, count);
    },
  });
  return {
    registry,
    count(request, reply) {
      const { name, model } = (request.params ?? {}) as { name?: string; model?: string };
      // Names that callers invent must not become series.
      const endpoint = fleet.endpoint(name ?? model ?? '')?.desired.name ?? '';
      const deployment = String(reply.getHeader(DEPLOYMENT_HEADER) ?? '');
      requests.inc({ endpoint, deployment, status: reply.statusCode });
      seconds.observe({ endpoint, deployment }, reply.elapsedTime / 1_000);
    },
  };
}
