import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { databases } from '../../../../test/databases.ts';
import { testPython } from '../../../../test/python.ts';
import { type TestApp, testApp } from '../../../../test/test-app.ts';
import { inheritedEnvironment } from '../../../platform/config/inherited-environment.ts';
import { run } from '../../../platform/processes/run.ts';
import {
  answerWith,
  type Received,
  type Receiver,
  startReceiver,
} from '../../../platform/webhooks/receiver.fixture.ts';
import { callMlflow } from '../logged-model.fixture.ts';

const script = fileURLToPath(new URL('./webhook-client.fixture.py', import.meta.url));
const created = { entity: 'REGISTERED_MODEL', action: 'CREATED' };
const every = [
  ...[created, { entity: 'MODEL_VERSION', action: 'CREATED' }, { entity: 'MODEL_VERSION_TAG', action: 'SET' }],
  ...[
    { entity: 'MODEL_VERSION_TAG', action: 'DELETED' },
    { entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' },
  ],
  ...[
    { entity: 'MODEL_VERSION_ALIAS', action: 'DELETED' },
    { entity: 'PROMPT', action: 'CREATED' },
  ],
  ...[
    { entity: 'PROMPT_VERSION', action: 'CREATED' },
    { entity: 'PROMPT_TAG', action: 'SET' },
  ],
  ...[
    { entity: 'PROMPT_TAG', action: 'DELETED' },
    { entity: 'PROMPT_VERSION_TAG', action: 'SET' },
  ],
  ...[
    { entity: 'PROMPT_VERSION_TAG', action: 'DELETED' },
    { entity: 'PROMPT_ALIAS', action: 'CREATED' },
  ],
  ...[{ entity: 'PROMPT_ALIAS', action: 'DELETED' }],
];

describe.each(databases)('MLflow’s webhooks on $name', (database) => {
  let t: TestApp;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
    const webhookAllow = [{ kind: 'network', address: '127.0.0.0', prefix: 8 }] as const;
    t = await testApp({ database, config: { webhookAllow } });
  });
  afterAll(async () => {
    await t[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
  });

  const call = (operation: Parameters<typeof callMlflow>[1], fields: object = {}) =>
    callMlflow(t, operation, fields as Record<string, unknown>);
  const url = () => `http://127.0.0.1:${receiver.port}/hook`;
  const make = async (fields: object = {}) => {
    const { body } = await call('POST webhooks', { name: 'hook', url: url(), events: [created], ...fields });
    return body['webhook'] as { webhook_id: string };
  };
  const arrived = (count: number) =>
    vi.waitUntil(() => receiver.received.length >= count, { timeout: 60_000, interval: 20 });
  const told = ({ body }: Received) => JSON.parse(body) as { entity: string; action: string; data: object };
  afterEach(async () => {
    const { body } = await call('GET webhooks');
    for (const { webhook_id } of (body['webhooks'] ?? []) as { webhook_id: string }[]) {
      await call(`DELETE webhooks/${webhook_id}`);
    }
    receiver.received.length = 0;
  });

  test('what is sent is signed over its id, its time and its bytes', async () => {
    await make({ secret: 'hush' });
    await call('POST registered-models/create', { name: 'signed', description: 'd', tags: [{ key: 'k', value: 'v' }] });
    await arrived(1);
    const [first] = receiver.received;
    if (!first) throw new Error('nothing arrived');
    const { headers, body } = first;
    const id = headers['x-mlflow-delivery-id'];
    const signed = createHmac('sha256', 'hush').update(`${id}.${headers['x-mlflow-timestamp']}.${body}`);
    expect(headers['x-mlflow-signature']).toBe(`v1,${signed.digest('base64')}`);
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body)).toEqual({
      ...{ entity: 'registered_model', action: 'created', timestamp: expect.stringMatching(/^\d{4}-.*\+00:00$/) },
      data: { name: 'signed', description: 'd', tags: { k: 'v' } },
    });
  });

  test('a secret is never answered, and without one nothing is signed', async () => {
    const { webhook_id: id } = await make({ secret: 'hush-hush', description: 'x' });
    const answers = [await call('GET webhooks'), await call(`GET webhooks/${id}`)];
    answers.push(await call(`PATCH webhooks/${id}`, { description: 'y' }));
    expect(JSON.stringify(answers)).not.toContain('hush-hush');
    expect(answers[2]?.body).toEqual({
      webhook: {
        ...{ webhook_id: id, name: 'hook', description: 'y', url: url(), status: 'ACTIVE', events: [created] },
        ...{ creation_timestamp: expect.any(Number), last_updated_timestamp: expect.any(Number) },
      },
    });
    await call(`PATCH webhooks/${id}`, { secret: '' });
    await call('POST registered-models/create', { name: 'unsigned' });
    await arrived(1);
    expect(receiver.received[0]?.headers).not.toHaveProperty('x-mlflow-signature');
  });

  test('each change of models and prompts is told once, with its own data', async () => {
    await make({ events: every });
    const prompt = [
      { key: 'mlflow.prompt.is_prompt', value: 'true' },
      { key: '_mlflow_prompt_type', value: 'text' },
    ];
    const steps: [Parameters<typeof call>[0], object, string, object | null][] = [
      [
        'POST registered-models/create',
        { name: 'm' },
        'registered_model.created',
        { name: 'm', tags: {}, description: '' },
      ],
      [
        ...(['POST model-versions/create', { name: 'm', source: 's3://b/x', run_id: 'r1' }] as const),
        ...(['model_version.created', null] as const),
      ],
      [
        ...(['POST model-versions/set-tag', { name: 'm', version: '1', key: 'k', value: 'v' }] as const),
        ...(['model_version_tag.set', { name: 'm', version: '1', key: 'k', value: 'v' }] as const),
      ],
      [
        ...(['DELETE model-versions/delete-tag', { name: 'm', version: '1', key: 'k' }] as const),
        ...(['model_version_tag.deleted', { name: 'm', version: '1', key: 'k' }] as const),
      ],
      [
        ...(['POST registered-models/alias', { name: 'm', version: '1', alias: 'a' }] as const),
        ...(['model_version_alias.created', { name: 'm', alias: 'a', version: '1' }] as const),
      ],
      [
        ...(['DELETE registered-models/alias', { name: 'm', alias: 'a' }] as const),
        ...(['model_version_alias.deleted', { name: 'm', alias: 'a' }] as const),
      ],
      [
        ...(['POST registered-models/create', { name: 'p', tags: prompt }] as const),
        ...(['prompt.created', { name: 'p', tags: {}, description: '' }] as const),
      ],
      [
        'POST model-versions/create',
        {
          ...{ name: 'p', source: 'dummy-source' },
          tags: [...prompt, { key: 'mlflow.prompt.text', value: 'Hi {{x}}' }, { key: 'own', value: '1' }],
        },
        'prompt_version.created',
        { name: 'p', version: '1', template: 'Hi {{x}}', tags: { own: '1' }, description: null },
      ],
      [
        ...(['POST registered-models/set-tag', { name: 'p', key: 'k', value: 'v' }] as const),
        ...(['prompt_tag.set', { name: 'p', key: 'k', value: 'v' }] as const),
      ],
      [
        ...(['DELETE registered-models/delete-tag', { name: 'p', key: 'k' }] as const),
        ...(['prompt_tag.deleted', { name: 'p', key: 'k' }] as const),
      ],
      [
        ...(['POST model-versions/set-tag', { name: 'p', version: '1', key: 'k', value: 'v' }] as const),
        ...(['prompt_version_tag.set', { name: 'p', version: '1', key: 'k', value: 'v' }] as const),
      ],
      [
        ...(['POST registered-models/alias', { name: 'p', version: '1', alias: 'a' }] as const),
        ...(['prompt_alias.created', { name: 'p', alias: 'a', version: '1' }] as const),
      ],
    ];
    for (const [operation, fields] of steps) expect((await call(operation, fields)).status).toBe(200);
    // A tag of a model, unlike that of a prompt, is no event.
    await call('POST registered-models/set-tag', { name: 'm', key: 'k', value: 'v' });
    await arrived(steps.length);
    const found = new Map(receiver.received.map((one) => [`${told(one).entity}.${told(one).action}`, told(one).data]));
    expect([...found.keys()].sort()).toEqual(steps.map(([, , topic]) => topic).sort());
    for (const [, , topic, data] of steps) if (data) expect([topic, found.get(topic)]).toEqual([topic, data]);
    expect(found.get('model_version.created')).toEqual({
      ...{ name: 'm', version: '1', source: 's3://b/x', run_id: 'r1', tags: {}, description: null },
    });
    expect(receiver.received).toHaveLength(steps.length);
  });

  test('a receiver that is busy is asked again with the same id and bytes; one that refuses is not', async () => {
    await make();
    receiver.answers.push(answerWith(503), answerWith(429, { 'retry-after': '0' }), answerWith(200));
    await call('POST registered-models/create', { name: 'busy' });
    await arrived(3);
    const [first, second, third] = receiver.received;
    expect(new Set([first?.body, second?.body, third?.body]).size).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers['x-mlflow-delivery-id'])).size).toBe(1);
    receiver.answers.push(answerWith(401));
    await call('POST registered-models/create', { name: 'refused' });
    await vi.waitUntil(async () => (await states()).includes('dead'), { timeout: 60_000, interval: 20 });
    expect(receiver.received).toHaveLength(4);
  }, 40_000);
  const states = async () =>
    (await t.context.db.read.selectFrom('mlflow_webhook_deliveries').select('state').execute()).map(
      ({ state }) => state,
    );

  test('a disabled webhook is told nothing', async () => {
    const { webhook_id: id } = await make();
    await call(`PATCH webhooks/${id}`, { status: 'DISABLED' });
    await call('POST registered-models/create', { name: 'unheard' });
    expect(await states()).toEqual([]);
    expect((await call(`GET webhooks/${id}`)).body['webhook']).toMatchObject({ status: 'DISABLED' });
  });

  test('a test sends the example of an event, and answers what the receiver said', async () => {
    const { webhook_id: id } = await make({ events: every });
    receiver.answers.push((response) => response.writeHead(200).end('thanks'));
    const fine = await call(`POST webhooks/${id}/test`);
    expect(fine.body).toEqual({ result: { success: true, response_status: 200, response_body: 'thanks' } });
    receiver.answers.push(answerWith(500));
    const event = { entity: 'PROMPT_ALIAS', action: 'DELETED' };
    const bad = await call(`POST webhooks/${id}/test`, { event });
    expect(bad.body).toMatchObject({ result: { success: false, response_status: 500 } });
    expect(receiver.received.map(told).map(({ data }) => data)).toEqual([
      { name: 'example_model', tags: { example_key: 'example_value' }, description: 'An example registered model' },
      { name: 'example_prompt', alias: 'example_alias' },
    ]);
  });

  test('MLflow’s client makes, lists, changes, tests and deletes webhooks', { timeout: 120_000 }, async () => {
    const result = await run(testPython(), [script, url()], {
      env: { ...inheritedEnvironment(), MLFLOW_TRACKING_URI: t.baseUrl, PYTHONDONTWRITEBYTECODE: '1' },
      timeoutMs: 100_000,
    });
    expect(JSON.parse(result.stdout.trim().split('\n').at(-1) ?? result.stderr)).toEqual({
      made: ['client', url(), 'ACTIVE', ['registered_model.created', 'model_version_tag.set'], null],
      listed: [true],
      changed: ['renamed', 'DISABLED', ['prompt.created'], 'what for'],
      tested: [true, 204, ''],
      deleted: 'RESOURCE_DOES_NOT_EXIST',
      refused: 'INVALID_PARAMETER_VALUE',
    });
    expect(receiver.received.map(told).map(({ entity }) => entity)).toEqual(['prompt_alias']);
  });

  test('pages of webhooks go from the newest to the oldest, and end', async () => {
    const made = [];
    for (let i = 0; i < 5; i += 1) made.push((await make({ name: `hook-${i}` })).webhook_id);
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const { body } = await call('GET webhooks', {
        max_results: 2,
        ...(token === undefined ? {} : { page_token: token }),
      });
      seen.push(...(body['webhooks'] as { webhook_id: string }[]).map(({ webhook_id }) => webhook_id));
      token = body['next_page_token'] as string | undefined;
    } while (token !== undefined);
    expect(seen.toSorted()).toEqual(made.toSorted());
    expect(seen).toHaveLength(5);
  });

  test('what cannot be a webhook is refused, and nothing is kept', async () => {
    const bad: [object, string][] = [
      [{ name: '-x' }, "Webhook name '-x' is invalid."],
      [{ name: 'x'.repeat(64) }, 'is invalid'],
      [{ name: '' }, "Missing value for required parameter 'name'"],
      [{ url: '' }, "Missing value for required parameter 'url'"],
      [{ url: 'ftp://example.org/x' }, "Invalid webhook URL scheme: 'ftp'. Allowed schemes are: https."],
      [{ url: 'file:///etc/passwd' }, "Invalid webhook URL scheme: 'file'"],
      [{ url: 'http://93.184.216.34/x' }, "Invalid webhook URL scheme: 'http'"],
      [{ url: 'https://169.254.169.254/latest/meta-data' }, 'no public address'],
      [{ url: 'https://[::ffff:10.0.0.1]/' }, 'no public address'],
      [{ url: 'https://2886729729/' }, 'no public address'],
      [{ url: 'https://user:pass@example.org/' }, 'user name or password'],
      [{ url: 'https://' }, 'must include a hostname'],
      [{ events: [] }, "Missing value for required parameter 'events'"],
      [{ events: [{ entity: 'REGISTERED_MODEL', action: 'DELETED' }] }, "Invalid action 'deleted' for entity"],
      [{ events: [{ entity: 'NOTHING', action: 'CREATED' }] }, 'Invalid value'],
      [{ status: 'SLEEPING' }, 'Invalid value'],
    ];
    for (const [fields, words] of bad) {
      const { status, body } = await call('POST webhooks', { name: 'x', url: url(), events: [created], ...fields });
      expect([fields, status, body.error_code, body.message]).toEqual([
        ...[fields, 400, 'INVALID_PARAMETER_VALUE', expect.stringContaining(words)],
      ]);
    }
    expect((await call('GET webhooks')).body).toEqual({});
    for (const operation of [
      'GET webhooks/none',
      'PATCH webhooks/none',
      'DELETE webhooks/none',
      'POST webhooks/none/test',
    ] as const) {
      const { status, body } = await call(operation, {});
      expect([operation, status, body.message]).toEqual([operation, 404, 'Webhook with ID none not found.']);
    }
    for (const max of ['1001', '-1']) {
      expect((await call('GET webhooks', { max_results: max })).body.message).toContain('between 1 and 1000');
    }
  });
});
