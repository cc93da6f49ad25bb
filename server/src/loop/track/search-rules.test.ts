import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { type Mlflow, mlflowApp } from './mlflow-http.fixture.ts';

interface Planted {
  readonly status?: string;
  readonly end?: number;
  readonly metrics?: Readonly<Record<string, number | string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly datasets?: readonly (readonly [name: string, digest: string, context: string | null])[];
}

/** By name, oldest first. */
const planted: Readonly<Record<string, Planted>> = {
  a: {
    ...{ status: 'FINISHED', end: 1_500, metrics: { 'm.1': 1, acc: 0.5 }, params: { p: 'Äpfel', q: '1' } },
    ...{ tags: { t: 'x' }, datasets: [['ds1', 'd1', 'train']] },
  },
  b: {
    end: 1_400,
    metrics: { 'm.1': 3, acc: 0.9 },
    params: { p: 'äpfel', q: '10' },
    datasets: [['ds2', 'd2', 'eval']],
  },
  c: {
    metrics: { 'm.1': 'NaN', acc: 'NaN' },
    params: { p: '100%' },
    tags: { t: 'X' },
    datasets: [['ds1', 'd1', null]],
  },
  d: { tags: { t: "it's" } },
  e: { metrics: { 'm.1': 0 }, params: { p: '[q]*?' }, tags: { t: '' } },
  f: { metrics: { 'm.1': 'Infinity' }, params: { p: 'line1\nline2' }, tags: { t: 'back\\slash' } },
  g: { params: { p: '日本' }, tags: { 'a.b c': 'v', t: 'x%x' } },
};

async function plant(app: Mlflow): Promise<void> {
  for (const [i, [run_name, one]] of Object.entries(planted).entries()) {
    const run_id = await app.newRun({ run_name, start_time: 1_000 + i });
    const pairs = (from: object = {}) => Object.entries(from).map(([key, value]) => ({ key, value }));
    const metrics = pairs(one.metrics).map((metric) => ({ ...metric, timestamp: 1 }));
    await app.post('runs/log-batch', { run_id, metrics, params: pairs(one.params), tags: pairs(one.tags) });
    for (const [name, digest, context] of one.datasets ?? []) {
      const tags = context === null ? [] : [{ key: 'mlflow.data.context', value: context }];
      const dataset = { name, digest, source_type: 's', source: 'x' };
      await app.post('runs/log-inputs', { run_id, datasets: [{ dataset, tags }] });
    }
    if (one.end !== undefined) {
      await app.post('runs/update', { run_id, end_time: one.end, ...(one.status && { status: one.status }) });
    }
  }
}

/** Names of the runs that are found, or the beginning of the refusal. */
const filters: Readonly<Record<string, string>> = {
  // NaN differs from every number, and nothing else can be said of it; -Infinity and Infinity are numbers.
  'metrics.`m.1` = 0': 'e',
  'metrics.`m.1` != 0': 'fcba',
  'metrics.`m.1` < 2': 'ea',
  'metrics.`m.1` >= -1': 'feba',
  'metrics.`m.1` > 1e300': 'f',
  "metrics.'acc' > .4 AND": 'ba',
  'AND AND metrics.acc > 0.4 and metrics."acc" < 0.9': 'a',
  // LIKE: case, wildcards, and signs that are wildcards elsewhere.
  "params.p LIKE '%'": 'gfecba',
  "params.p LIKE ''": '',
  "params.p LIKE '_pfel'": 'ba',
  "params.p LIKE '[q]*?'": 'e',
  "params.p LIKE '[%'": 'e',
  "params.p LIKE '100\\%'": '',
  "params.p LIKE 'line1%line2'": 'f',
  "params.p LIKE 'line1_line2'": 'f',
  "params.p = 'line1\nline2'": 'f',
  "params.p LIKE '日_'": 'g',
  "params.p ilike 'ÄPFEL'": 'ba',
  "tags.t = 'back\\slash'": 'f',
  "tags.t LIKE 'back\\slash'": 'f',
  "tags.t LIKE 'X\\%%'": '',
  'tags.t = "it\'s"': 'd',
  "tags.t = 'it''s'": '',
  "tags.t = ''": 'e',
  "tags.t != ''": 'gfdca',
  "tags.`a.b c` = 'v'": 'g',
  "tags.t IS NULL AND params.q = '10'": 'b',
  'params.q IS NULL AND tags.nope IS NULL': 'gfedc',
  'end_time > 0': 'ba',
  'end_time != 1400': 'a',
  'attributes.Created < 1001.5': 'ba',
  "dataset.name = 'ds1'": 'ca',
  "datasets.name NOT IN ('ds1')": 'b',
  "dataset.context != 'train'": 'b',
  'dataset.context IN (\'train\', "eval",)': 'ba',
  "dataset.name = 'ds1' AND dataset.digest LIKE 'd_' AND dataset.context ILIKE 'TRAIN'": 'a',
  // Refusals.
  'metrics.acc IS NULL': "400 IS NULL / IS NOT NULL is only supported for params and tags, not for 'metric' 'acc'",
  'metrics.acc == 1': "400 Invalid comparator '==' not one of '{",
  'metrics.acc > nan': '400 Expected numeric value type for metric. Found nan',
  "metrics.acc IN ('a')": "400 Expected numeric value type for metric. Found ('a')",
  "params.q IN ('1')": "400 Expected a quoted string value for parameter (e.g. 'my-value'). Got value ('1')",
  'params.q = abc': '400 Parameter value is either not quoted or unidentified quote types used for string value abc.',
  'run_id IN ()': '400 While parsing a list in the query, expected a non-empty list of string values, but got empty',
  'run_id IN (1)': '400 While parsing a list in the query, expected string value, punctuation, or whitespace, but got',
  'run_id IN (a)': '400 While parsing a list in the query, expected a non-empty list of string values, but got ill-',
  "start_time > '1'": "400 Expected numeric value type for numeric attribute: start_time. Found '1'",
  "dataset.source = 'x'": "400 Invalid dataset key 'source' specified.",
  "'a' = 'b'": "400 Invalid comparison clause. Expected 'Identifier' found ''a''",
  "params.q = '1'; params.q = '2'": '400 Search filter contained multiple expression',
  "params.q = '1';": "400 Invalid clause(s) in filter string: ';'",
};

const orders: readonly (readonly [string, string])[] = [
  ['metrics.`m.1`', 'eabfcgd'],
  ['metrics.`m.1` DESC', 'fbaecgd'],
  ['metrics.acc desc', 'bacgfed'],
  ['params.p', 'cefabgd'],
  ['params.p DESC', 'gbafecd'],
  ['end_time', 'bagfedc'],
  ['attribute.end_time DESC', 'abgfedc'],
  ['Created', 'abcdefg'],
  ['run_name DESC', 'gfedcba'],
  ['metrics.nope', 'gfedcba'],
];

describe.each(databases)('the rules of search on $name', (database) => {
  test('a filter finds what its clauses say, and a wrong one is refused in the words that clients know', async () => {
    await using app = await mlflowApp(database);
    await plant(app);
    const found: Record<string, string> = {};
    for (const [filter, expected] of Object.entries(filters)) {
      const { status, body } = await app.post('runs/search', { experiment_ids: ['0'], filter });
      found[filter] = status === 200 ? namesOf(body) : `${status} ${body.message}`.slice(0, expected.length);
    }
    expect(found).toEqual(filters);
  });

  test('every order pages through every run once: numbers, NaN, what lacks the key, then the newest first', async () => {
    await using app = await mlflowApp(database);
    await plant(app);
    const paged: (readonly [string, string])[] = [];
    for (const [order] of orders) {
      let names = '';
      for (let page_token: string | undefined = ''; page_token !== undefined; ) {
        const request = { experiment_ids: ['0'], order_by: [order], max_results: 2, page_token };
        const { body } = await app.post('runs/search', request);
        names += namesOf(body);
        page_token = body.next_page_token;
      }
      paged.push([order, names]);
    }
    expect(paged).toEqual(orders);
  });

  test('what is named twice in an order, and a token that was made up, are refused', async () => {
    await using app = await mlflowApp(database);
    await plant(app);
    const search = (more: object) => app.post('runs/search', { experiment_ids: ['0'], max_results: 1, ...more });
    expect((await search({ order_by: ['start_time', 'created DESC'] })).body.message).toContain(
      '`order_by` contains duplicate fields',
    );
    const { body } = await search({});
    const token = JSON.parse(Buffer.from(body.next_page_token, 'base64url').toString());
    for (const after of [[0], [0, 'x', 'y'], [0, 1.5, 'y'], [0, 1, 2]]) {
      const page_token = Buffer.from(JSON.stringify({ ...token, after })).toString('base64url');
      expect((await search({ page_token })).body.message).toBe('Invalid page token: it is of no page of this search.');
    }
  });

  test('huge filters and patterns of many wildcards are answered at once', async () => {
    await using app = await mlflowApp(database);
    const run_id = await app.newRun();
    await app.post('runs/set-tag', { run_id, key: 't', value: 'a'.repeat(8_000) });
    const started = performance.now();
    for (const filter of [
      'a = 1 AND '.repeat(100_000),
      `tags.t LIKE '${'%a'.repeat(4_000)}b'`,
      `tags.t ILIKE '${'%a_'.repeat(3_000)}b'`,
      `tags.t LIKE '${'x'.repeat(10_001)}'`,
    ]) {
      const { status, body } = await app.post('runs/search', { experiment_ids: ['0'], filter });
      expect([200, 400]).toContain(status);
      expect(namesOf(body)).toBe('');
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

function namesOf(body: { runs?: { info: { run_name: string } }[] }): string {
  return (body.runs ?? []).map(({ info }) => info.run_name).join('');
}
