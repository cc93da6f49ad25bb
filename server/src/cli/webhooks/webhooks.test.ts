import { describe, expect, test, vi } from 'vitest';
import { cli } from '../../../test/cli.ts';
import { databases } from '../../../test/databases.ts';
import { testApp } from '../../../test/test-app.ts';
import { answerWith, startReceiver } from '../../platform/webhooks/receiver.fixture.ts';

describe.each(databases)('webhooks of a whole server on $name', (database) => {
  test('are made, tried, listed, asked for again and removed by commands', async () => {
    await using receiver = await startReceiver();
    await using app = await testApp({
      database,
      stages: [],
      config: { webhookAllow: [{ kind: 'network', address: '127.0.0.0', prefix: 8 }] },
    });
    const bucle = (...words: string[]) => cli([...words, '--url', app.baseUrl]);
    const url = `http://127.0.0.1:${receiver.port}/in`;
    expect((await bucle('webhooks', 'ls')).stderr).toContain('bucle webhooks create NAME URL');
    expect((await bucle('webhooks', 'create', 'hook', url)).code).toBe(2);
    expect((await bucle('webhooks', 'create', 'hook', url, '--events', 'alert*')).code).not.toBe(0);
    const created = await bucle('webhooks', 'create', 'hook', url, '--events', 'alert.*,decision.made');
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=\n$/) });
    const again = await bucle('webhooks', 'create', 'hook', url, '--events', '*');
    expect(again).toMatchObject({ code: 6, stderr: expect.stringContaining('bucle webhooks rm hook') });
    const listed = await bucle('webhooks', 'ls', '--json');
    expect(listed.stdout).not.toContain('whsec_');
    expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'hook', url, active: true, created_by: 'anonymous' }]);

    expect(await bucle('webhooks', 'test', 'hook')).toMatchObject({ code: 0, stderr: 'hook answered 204.\n' });
    expect(receiver.received.map(({ body }) => JSON.parse(body))).toMatchObject([{ type: 'dev.bucle.webhook.tested' }]);
    receiver.answers.push(answerWith(404));
    const failed = await bucle('webhooks', 'test', 'hook');
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('The receiver answered 404.') });
    const waiting = await bucle('webhooks', 'deliveries', 'hook', '--state', 'pending', '--json');
    const { deliveries } = JSON.parse(waiting.stdout) as { deliveries: { id: string }[] };
    expect(deliveries).toMatchObject([{ attempts: 1, status: 404, type: 'webhook.tested' }]);
    expect((await bucle('webhooks', 'retry', 'hook', deliveries[0]?.id ?? '')).code).toBe(0);
    await vi.waitUntil(() => receiver.received.length === 3, { timeout: 60_000 });
    expect(receiver.received[2]?.body).toBe(receiver.received[1]?.body);
    await vi.waitUntil(
      async () => (await bucle('webhooks', 'deliveries', 'hook')).stdout.match(/\tdelivered\t1\t/g)?.length === 2,
    );
    expect((await bucle('webhooks', 'retry', 'hook', 'x')).code).toBe(5);

    expect((await bucle('webhooks', 'rm', 'hook')).code).toBe(0);
    expect((await bucle('webhooks', 'rm', 'hook')).code).toBe(5);
    const types = await app.context.db.read.selectFrom('events').select(['type', 'cause']).orderBy('seq').execute();
    expect(types.map(({ type }) => type)).toEqual([
      ...['webhook.created', 'webhook.tested', 'webhook.tested', 'webhook.removed'],
    ]);
    for (const { cause } of types) expect(cause).toMatch(/^request:/);
    expect(await app.context.db.read.selectFrom('webhook_deliveries').select('id').execute()).toEqual([]);
  });

  test('hear of what the server does by itself, but not while they are paused', async () => {
    await using receiver = await startReceiver();
    await using app = await testApp({
      database,
      stages: [],
      config: { webhookAllow: [{ kind: 'host', host: 'localhost' }] },
    });
    const post = (name: string, url: string) =>
      app.client.request('POST', '/api/v1/webhooks', { json: { name, url, events: ['webhook.*'] } });
    await post('first', `http://localhost:${receiver.port}/`);
    await post('second', `http://localhost:${receiver.port}/`);
    await vi.waitUntil(() => receiver.received.length === 1, { timeout: 60_000 });
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      type: 'dev.bucle.webhook.created',
      subject: 'webhook:second',
      data: { actor: 'anonymous', cause: expect.stringMatching(/^request:/), details: { events: ['webhook.*'] } },
    });
    await app.client.request('PATCH', '/api/v1/webhooks/first', { json: { active: false } });
    await app.client.request('DELETE', '/api/v1/webhooks/second');
    const { webhooks } = await app.client.request<{ webhooks: object[] }>('GET', '/api/v1/webhooks');
    expect(webhooks).toMatchObject([{ name: 'first', active: false }]);
  });

  test('may not lead into the network of the server, and nothing is left of the attempt', async () => {
    await using app = await testApp({ database, stages: [], background: false });
    const create = (url: string) => cli(['webhooks', 'create', 'x', url, '--events', '*', '--url', app.baseUrl]);
    for (const url of [
      app.baseUrl,
      'http://localhost:1/',
      'https://169.254.169.254/latest/meta-data',
      'http://0x7f.1/',
    ]) {
      const refused = await create(url);
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('BUCLE_WEBHOOK_ALLOW') });
    }
    expect(await app.context.db.read.selectFrom('webhooks').select('id').execute()).toEqual([]);
    expect(await app.context.db.read.selectFrom('events').select('id').execute()).toEqual([]);
  });
});
