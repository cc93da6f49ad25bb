import { createHmac } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, test, vi } from 'vitest';
import { databases, openTestDatabase } from '../../../test/databases.ts';
import { manualClock } from '../clock.ts';
import { parseConfig } from '../config/config.ts';
import { readSettings } from '../config/settings.ts';
import { appendEvent, lastEventNumber, readCursor } from '../events/event.store.ts';
import { eventMigrations } from '../events/migrations/index.ts';
import { deliverBatch } from '../events/run-subscriptions.ts';
import type { JobRun } from '../jobs/jobs.ts';
import { jobMigrations } from '../jobs/migrations/index.ts';
import { openJobs } from '../jobs/open-jobs.ts';
import { testCertificate } from './certificate.fixture.ts';
import { createWebhook } from './create-webhook.ts';
import { deliveryJob } from './deliver-event.ts';
import { listDeliveries } from './delivery.store.ts';
import { webhookSubscription } from './event-subscription.ts';
import { webhookMigrations } from './migrations/index.ts';
import type { Network } from './network.ts';
import { answerWith, type Received, startReceiver } from './receiver.fixture.ts';
import { retryDelivery } from './request-delivery.ts';
import { MOST_ATTEMPTS, retryDelay } from './retry-delay.ts';
import { signMessage } from './sign-message.ts';
import { listWebhooks } from './webhook.store.ts';

const HOUR = 3_600_000;
const because = { actor: 'ada', cause: 'request:1' };

test('a signature is that of the published example of Standard Webhooks', () => {
  const signed = signMessage('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', {
    ...{ id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at: 1_614_265_330_000, body: '{"test": 2432232314}' },
  });
  expect(signed).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('the tries of one message spread over half a day at least and a day at most', () => {
  const total = (random: () => number) =>
    Array.from({ length: MOST_ATTEMPTS }, (_value, index) => retryDelay(index + 1, random) ?? 0).reduce(
      (a, b) => a + b,
    );
  expect(total(() => 0)).toBeGreaterThan(11 * HOUR);
  expect(total(() => 1)).toBeLessThan(24 * HOUR);
  expect(retryDelay(MOST_ATTEMPTS)).toBeNull();
});

describe.each(databases)('webhooks on $name', (kind) => {
  const open = async (network: Partial<Network> = {}, allow = '127.0.0.0/8') => {
    const clock = manualClock();
    const db = await openTestDatabase(kind, [...jobMigrations, ...eventMigrations, ...webhookMigrations]);
    const lines: string[] = [];
    const log = pino({ level: 'trace' }, { write: (line) => void lines.push(line) });
    const jobs = openJobs({ db, clock, log, times: { pollMs: 5 } });
    const config = parseConfig(readSettings({ BUCLE_WEBHOOK_ALLOW: allow }));
    const parts = { db, clock, log, jobs, config };
    const outside: Network = { resolve: async () => ['127.0.0.1'], timeoutMs: 5_000, ...network };
    const receiver = await startReceiver();
    const handler = deliveryJob(parts, outside);
    const subscription = webhookSubscription(parts);
    return {
      ...{ parts, clock, db, receiver, lines, handler, subscription },
      start: () => jobs.startWorker([handler]),
      create: (events: readonly string[], more: { name?: string; url?: string } = {}) =>
        createWebhook(
          parts,
          { name: 'hook', url: `http://127.0.0.1:${receiver.port}/in?key=k1`, events, ...because, ...more },
          outside,
        ),
      happen: (...types: string[]) =>
        db.transaction(async (trx) => {
          for (const type of types) {
            const data = { endpoint: 'flights', signal: 'quality' };
            await appendEvent(trx, parts, {
              type,
              subject: 'alert:7',
              actor: 'monitor',
              cause: 'c',
              eventTime: 5,
              data,
            });
          }
        }),
      async notice() {
        // On PostgreSQL an event is told once all transactions that began before its own have ended, also of other tests.
        const last = await lastEventNumber(db.read as never);
        await vi.waitUntil(
          async () => {
            await deliverBatch(db as never, subscription);
            return (await readCursor(db.read as never, subscription.name)) >= last;
          },
          { timeout: 8_000, interval: 10 },
        );
      },
      async deliveries() {
        const all = [];
        for (const { id: webhook } of await listWebhooks(db.read)) {
          all.push(...(await listDeliveries(db.read, { webhook, state: null, before: null, limit: 500 })));
        }
        return all.reverse();
      },
      async [Symbol.asyncDispose]() {
        await jobs[Symbol.asyncDispose]();
        await receiver[Symbol.asyncDispose]();
        await db[Symbol.asyncDispose]();
      },
    };
  };
  type Rig = Awaited<ReturnType<typeof open>>;
  const settled = (t: Rig, attempts: number) =>
    vi.waitUntil(async () => (await t.deliveries()).every((one) => one.attempts === attempts || one.nextAt === null), {
      timeout: 60_000,
      interval: 10,
    });
  const json = ({ body }: Received) => JSON.parse(body) as { id: string; sequence: string; type: string };

  test('an event arrives as a signed CloudEvent that the receiver can verify', async () => {
    await using t = await open();
    const { secret } = await t.create(['alert.*']);
    await t.happen('alert.opened');
    await t.notice();
    t.start();
    await settled(t, 1);
    const [got] = t.receiver.received;
    if (!got) throw new Error('nothing arrived');
    const { headers, body } = got;
    expect(JSON.parse(body)).toEqual({
      specversion: '1.0',
      id: headers['webhook-id'],
      source: 'http://127.0.0.1:7070',
      type: 'dev.bucle.alert.opened',
      subject: 'alert:7',
      time: new Date(t.clock.now()).toISOString(),
      datacontenttype: 'application/json',
      sequence: expect.stringMatching(/^\d{16}$/),
      data: { cause: 'c', actor: 'monitor', event_time: 5, details: { endpoint: 'flights', signal: 'quality' } },
    });
    expect(got.path).toBe('/in?key=k1');
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    expect(key).toHaveLength(32);
    const expected = createHmac('sha256', key).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    expect(Number(headers['webhook-timestamp'])).toBe(Math.floor(t.clock.now() / 1000));
    expect(await t.deliveries()).toMatchObject([{ state: 'delivered', attempts: 1, status: 204, error: null }]);
  });

  test('each event after the creation that a pattern means is one delivery, however often it is handled', async () => {
    await using t = await open();
    await t.happen('alert.opened');
    await t.create(['alert.*', 'decision.made', 'alert.opened']);
    await t.create(['*'], { name: 'all' });
    await t.happen(
      'alert.opened',
      'alerts.x',
      'alert',
      'decision.made',
      'decision.made2',
      'captures.stored',
      'alert.a.b',
    );
    await t.notice();
    await t.db.transaction((trx) => trx.deleteFrom('event_cursors').execute());
    await t.notice();
    const found = await t.deliveries();
    const ids = new Map(
      (await t.db.read.selectFrom('webhooks').select(['id', 'name']).execute()).map((w) => [w.name, w.id]),
    );
    const of = (name: string) => found.filter(({ webhook }) => webhook === ids.get(name)).map(({ type }) => type);
    expect(of('hook')).toEqual(['alert.opened', 'decision.made', 'alert.a.b']);
    expect(of('all')).toEqual(['alert.opened', 'alerts.x', 'alert', 'decision.made', 'decision.made2', 'alert.a.b']);
    expect(await t.db.read.selectFrom('background_jobs').select('id').execute()).toHaveLength(9);
    t.start();
    await settled(t, 1);
    expect(t.receiver.received).toHaveLength(9);
  });

  test('what arrives in any order sorts into the order of the events by its sequence', async () => {
    await using t = await open();
    await t.create(['step.*']);
    const types = Array.from({ length: 12 }, (_value, index) => `step.n${index}`);
    await t.happen(...types);
    await t.notice();
    t.receiver.answers.push(answerWith(500));
    t.start();
    await settled(t, 1);
    t.clock.advance(6_000);
    await vi.waitUntil(() => t.receiver.received.length === 13);
    const arrived = new Map(t.receiver.received.map((one) => [json(one).sequence, json(one).type]));
    const sorted = [...arrived].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, type]) => type);
    expect(sorted).toEqual(types.map((type) => `dev.bucle.${type}`));
  });

  test('errors and silence are tried again after growing delays, with the same bytes and a new signature', async () => {
    await using t = await open({ timeoutMs: 100 });
    await t.create(['alert.opened']);
    await t.happen('alert.opened');
    await t.notice();
    t.receiver.answers.push(
      answerWith(500),
      () => {},
      (response) => response.destroy(),
      answerWith(200),
    );
    t.start();
    const errors: (string | null)[] = [];
    const delays: number[] = [];
    for (const attempt of [1, 2, 3, 4]) {
      await settled(t, attempt);
      const [delivery] = await t.deliveries();
      errors.push(delivery?.error ?? null);
      if (delivery?.nextAt == null) break;
      delays.push(delivery.nextAt - t.clock.now());
      t.clock.advance(delivery.nextAt - t.clock.now() - 1);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(t.receiver.received).toHaveLength(attempt);
      t.clock.advance(1);
    }
    expect(errors).toEqual([
      'The receiver answered 500.',
      'No answer within 100 ms.',
      'The connection failed (ECONNRESET).',
      null,
    ]);
    for (const [index, delay] of delays.entries()) {
      expect(delay).toBeGreaterThanOrEqual(2_500 * 2 ** index);
      expect(delay).toBeLessThanOrEqual(5_000 * 2 ** index);
    }
    const { received } = t.receiver;
    expect(new Set(received.map(({ body, headers }) => `${headers['webhook-id']} ${body}`)).size).toBe(1);
    expect(new Set(received.map(({ headers }) => headers['webhook-signature'])).size).toBe(4);
    expect(await t.deliveries()).toMatchObject([{ state: 'delivered', attempts: 4, status: 200 }]);
  });

  test('what never arrives is dead within a day, is kept, and is sent when somebody asks for it again', async () => {
    await using t = await open();
    await t.create(['alert.opened']);
    await t.happen('alert.opened');
    await t.notice();
    t.receiver.answers.push(...Array.from({ length: MOST_ATTEMPTS }, () => answerWith(503)));
    const begun = t.clock.now();
    t.start();
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      await settled(t, attempt);
      const [delivery] = await t.deliveries();
      t.clock.advance((delivery?.nextAt ?? t.clock.now()) - t.clock.now());
    }
    const [dead] = await t.deliveries();
    if (!dead) throw new Error('it was not kept');
    expect(dead).toMatchObject({ state: 'dead', attempts: MOST_ATTEMPTS, status: 503, nextAt: null });
    expect(t.clock.now() - begun).toBeLessThan(24 * HOUR);
    expect(t.lines.join('')).toContain('an event did not reach a webhook');
    await retryDelivery(t.parts, { name: 'hook', delivery: dead.id });
    await settled(t, 1);
    expect(await t.deliveries()).toMatchObject([{ state: 'delivered', attempts: 1, status: 204, event: dead.event }]);
    expect(t.receiver.received).toHaveLength(MOST_ATTEMPTS + 1);
  });

  test('what was sent by a worker that died before it could say so is sent again, and counted once', async () => {
    await using t = await open();
    await t.create(['alert.opened']);
    await t.happen('alert.opened');
    await t.notice();
    const [pending] = await t.deliveries();
    const run: JobRun = {
      job: { id: 'j', kind: '', key: null, payload: { delivery: pending?.id, round: 1 }, attempt: 1, epoch: 1 },
      signal: new AbortController().signal,
      fence: () => Promise.reject(new Error('lease lost')),
    };
    await expect(t.handler.handle(run)).rejects.toThrow('lease lost');
    expect(await t.deliveries()).toMatchObject([{ state: 'pending', attempts: 0 }]);
    t.start();
    await settled(t, 1);
    const ids = t.receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([pending?.event, pending?.event]);
    expect(await t.deliveries()).toMatchObject([{ state: 'delivered', attempts: 1 }]);
    await t.handler.handle({ ...run, fence: async () => {} });
    expect(t.receiver.received).toHaveLength(2);
  });

  test('redirects are not followed, and an answer without end is cut', async () => {
    await using t = await open();
    await using other = await startReceiver();
    await t.create(['alert.opened']);
    await t.happen('alert.opened', 'alert.opened');
    await t.notice();
    t.receiver.answers.push(answerWith(307, { location: `http://127.0.0.1:${other.port}/` }), (response) => {
      const more = setInterval(() => response.write('x'.repeat(8_192)), 1);
      response.on('close', () => clearInterval(more));
    });
    t.start();
    await settled(t, 1);
    const errors = (await t.deliveries()).map(({ state, error }) => [state, error]);
    expect(errors).toContainEqual(['pending', 'The receiver answered 307; redirects are not followed.']);
    expect(errors).toContainEqual(['delivered', null]);
    expect(other.received).toEqual([]);
  });

  test('a name that leads elsewhere after the registration is refused at the delivery', async () => {
    const answers = ['8.8.8.8', '127.0.0.1'];
    await using t = await open({ resolve: async () => [answers.shift() ?? '127.0.0.1'] }, '');
    await t.create(['alert.opened'], { url: `https://hooks.example.org:${t.receiver.port}/` });
    await t.happen('alert.opened');
    await t.notice();
    t.start();
    await settled(t, 1);
    expect(t.receiver.received).toEqual([]);
    expect(await t.deliveries()).toMatchObject([
      { state: 'pending', status: null, error: 'hooks.example.org is at 127.0.0.1, which is no public address.' },
    ]);
  });

  test('the connection goes to the address that was checked, which is asked for once', async () => {
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return ['127.0.0.1'];
    };
    await using t = await open({ resolve });
    await t.create(['alert.opened'], { url: `http://no-such-name.invalid:${t.receiver.port}/` });
    await t.happen('alert.opened');
    await t.notice();
    t.start();
    await settled(t, 1);
    expect(asked).toBe(2);
    expect(t.receiver.received.map(({ headers }) => headers.host)).toEqual([`no-such-name.invalid:${t.receiver.port}`]);
  });

  test('a certificate is checked against the name of the receiver', async () => {
    await using secure = await startReceiver(testCertificate);
    for (const [host, ca, error] of [
      ['hooks.test', testCertificate.cert, null],
      ['other.test', testCertificate.cert, 'The connection failed (ERR_TLS_CERT_ALTNAME_INVALID).'],
      ['hooks.test', undefined, 'The connection failed (DEPTH_ZERO_SELF_SIGNED_CERT).'],
    ] as const) {
      await using t = await open(ca === undefined ? {} : { ca });
      await t.create(['alert.opened'], { url: `https://${host}:${secure.port}/` });
      await t.happen('alert.opened');
      await t.notice();
      t.start();
      await settled(t, 1);
      expect(await t.deliveries()).toMatchObject([{ error }]);
    }
    expect(secure.received).toHaveLength(1);
  });

  test('a receiver that is gone is told nothing more, and what waits for it is over', async () => {
    await using t = await open();
    await t.create(['alert.opened']);
    await t.happen('alert.opened');
    await t.notice();
    t.receiver.answers.push(answerWith(410));
    t.start();
    await settled(t, 1);
    expect(await t.deliveries()).toMatchObject([{ state: 'dead', status: 410, attempts: 1 }]);
    expect(await listWebhooks(t.db.read)).toMatchObject([{ active: false }]);
    await t.happen('alert.opened');
    await t.notice();
    expect(await t.deliveries()).toHaveLength(1);
  });

  test('the secret is in no listing, event or line of the log, nor is the address in an event or the log', async () => {
    await using t = await open();
    const { secret } = await t.create(['*']);
    await t.happen('alert.opened');
    await t.notice();
    t.receiver.answers.push(answerWith(410));
    t.start();
    await settled(t, 1);
    const events = JSON.stringify(await t.db.read.selectFrom('events').selectAll().execute());
    const jobs = JSON.stringify(await t.db.read.selectFrom('background_jobs').selectAll().execute());
    const listed = JSON.stringify([await listWebhooks(t.db.read), await t.deliveries()]);
    expect(t.lines).not.toEqual([]);
    for (const text of [events, jobs, listed, t.lines.join('')]) expect(text).not.toContain(secret.slice(6));
    for (const text of [events, jobs, t.lines.join('')]) expect(text).not.toContain('key=k1');
  });
});
