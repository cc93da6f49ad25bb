import type { Context } from '../../context.ts';
import type { Metric } from '../../platform/metric.ts';
import { type EndpointTotals, listEndpointTotals } from './captures.store.ts';
import { countCaptureBytes } from './removal.store.ts';

/** What Prometheus is told about captures; predictions themselves are counted by the gateways. */
export function captureMetrics({ db }: Pick<Context, 'db'>): Metric[] {
  const byEndpoint = (name: string, help: string, value: (totals: EndpointTotals) => number): Metric => ({
    ...{ name, help, labels: ['endpoint'] },
    kind: name.endsWith('_total') ? 'counter' : 'gauge',
    read: async () =>
      (await listEndpointTotals(db.scan)).map((totals) => ({
        labels: { endpoint: totals.endpoint },
        value: value(totals),
      })),
  });
  return [
    byEndpoint('bucle_captured_requests_total', 'Captured requests that arrived here.', ({ captured }) => captured),
    byEndpoint('bucle_captured_rows_total', 'Rows of the captured requests.', ({ rows }) => rows),
    byEndpoint('bucle_captures_lost_total', 'Answered requests that no gateway could capture.', ({ lost }) => lost),
    byEndpoint('bucle_captures_expired_total', 'Captured requests that are kept no longer.', ({ expired }) => expired),
    byEndpoint('bucle_captured_rows_erased_total', 'Rows that were erased by key.', ({ erased }) => erased),
    byEndpoint(
      'bucle_capture_received_timestamp_seconds',
      'Receipt of the latest request that arrived here.',
      ({ receivedAt }) => receivedAt / 1_000,
    ),
    byEndpoint(
      'bucle_capture_event_timestamp_seconds',
      'Latest event time of a request that arrived here.',
      ({ eventTime }) => eventTime / 1_000,
    ),
    {
      ...{ name: 'bucle_captures_bytes', kind: 'gauge', labels: [] },
      help: 'Blobs with captures.',
      read: async () => [{ labels: {}, value: await countCaptureBytes(db.scan) }],
    },
  ];
}
