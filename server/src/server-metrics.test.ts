import { describe, expect, test } from 'vitest';
import { databases } from '../test/databases.ts';
import { testApp } from '../test/test-app.ts';
import type { Stage } from './context.ts';
import { folderSource } from './loop/deploy/model-source.fixture.ts';
import { createDeployStage } from './loop/deploy/stage.ts';
import { makeCapture } from './loop/serve/capture/capture.fixture.ts';
import { handCaptures } from './loop/serve/captures.fixture.ts';
import { serveStage } from './loop/serve/stage.ts';

const stages = [createDeployStage(folderSource('/nowhere')), serveStage];

async function scrape(baseUrl: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(`${baseUrl}/metrics`, { headers });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('text/plain');
  return answer.text();
}

describe.each(databases)('the metrics of a server on $name', (database) => {
  test('tell requests by route, jobs, events, the database, and captures by endpoint', async () => {
    await using t = await testApp({ database, stages, background: false });
    const loss = { endpoint: 'flights', deployment: 'd-1', lost: 3 };
    await handCaptures(t.client).send(
      0,
      [makeCapture({ received_at: 4_500 }), makeCapture({ deployment: 'd-2' })],
      [loss],
    );
    await t.context.db.transaction((trx) => t.context.jobs.enqueue(trx, { kind: 'tidy', payload: null }));
    await fetch(`${t.baseUrl}/invented/path/4711`);
    const text = await scrape(t.baseUrl);
    for (const line of [
      'bucle_http_requests_total{method="POST",route="/api/v1/gateway/captures",status="200"} 1',
      'bucle_http_requests_total{method="GET",route="",status="404"} 1',
      'bucle_background_jobs{kind="tidy",state="queued"} 1',
      'bucle_events_total 1',
      'bucle_captured_requests_total{endpoint="flights"} 2',
      'bucle_captured_rows_total{endpoint="flights"} 4',
      'bucle_captures_lost_total{endpoint="flights"} 3',
      'bucle_captures_expired_total{endpoint="flights"} 0',
      'bucle_capture_received_timestamp_seconds{endpoint="flights"} 4.5',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(Number(/^bucle_database_bytes (\d+)/m.exec(text)?.[1])).toBeGreaterThan(10_000);
    expect(Number(/^bucle_captures_bytes (\d+)/m.exec(text)?.[1])).toBeGreaterThan(100);
    expect(text).not.toContain('invented');
  });
});

test('a stage adds its own; one that cannot be read leaves the others alone', async () => {
  const series = Array.from({ length: 1_500 }, (_, at) => ({ labels: { endpoint: `e${at}` }, value: at }));
  const stage: Stage = {
    ...{ name: 'extra', migrations: [], errors: {} },
    metrics: () => [
      { name: 'bucle_broken', help: 'x', kind: 'gauge', labels: [], read: () => Promise.reject(new Error('no table')) },
      { name: 'bucle_many', help: 'x', kind: 'gauge', labels: ['endpoint'], read: async () => series },
    ],
  };
  await using t = await testApp({ stages: [stage], background: false });
  for (let times = 0; times < 2; times += 1) {
    const text = await scrape(t.baseUrl);
    expect(text).toContain('bucle_many{endpoint="e7"} 7\n');
    expect(text.match(/^bucle_many\{/gm)).toHaveLength(1_000);
    expect(text).toContain('bucle_http_requests_total');
  }
});

test('off loopback they need a token that may read', async () => {
  await using t = await testApp({ stages, background: false, config: { host: '0.0.0.0' } });
  expect((await fetch(`${t.baseUrl}/metrics`)).status).toBe(401);
});
