import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { groupName } from './group-tables.ts';
import { type ProfileOptions, profileTables } from './profile-tables.ts';
import { openSandbox } from './sandbox.ts';
import { type TableFile, tableFormat } from './table-file.ts';
import type { ColumnProfile } from './table-profile.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bucle-parquet-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Uint8Array): Promise<TableFile> {
  const path = join(folder, name.replaceAll('/', '-'));
  await writeFile(path, content);
  return { path, name, format: tableFormat(name) ?? 'csv' };
}

async function parquet(name: string, select: string): Promise<TableFile> {
  const path = join(folder, name.replaceAll('/', '-'));
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  await connection.run(`copy (${select}) to '${path}' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
  return { path, name, format: 'parquet' };
}

const profile = (files: readonly TableFile[], options: Partial<ProfileOptions> = {}) =>
  profileTables(files, { scratch: join(folder, 'scratch'), ...options });

async function columnsOf(...files: TableFile[]): Promise<Record<string, ColumnProfile>> {
  const { tables, unreadable } = await profile(files);
  expect(unreadable).toEqual([]);
  return Object.fromEntries((tables[0]?.columns ?? []).map((column) => [column.name, column]));
}

const nothing = {
  distinct: null,
  min: null,
  max: null,
  mean: null,
  sd: null,
  nan: 0,
  infinite: 0,
  quantiles: null,
  top: [],
  histogram: null,
  length: null,
};

test('a CSV file has the columns, types, nulls and statistics that were computed by hand', async () => {
  const csv = await file(
    'small.csv',
    'delay,carrier,late,day\n1,UA,true,2013-01-01\n2,NA,false,2013-01-02\n3,AA,true,2013-01-03\n,AA,true,2013-01-03\n10,ÜÜ,,2013-01-11\n',
  );
  const { tables, unreadable } = await profile([csv]);
  expect(unreadable).toEqual([]);
  expect(tables).toEqual([
    {
      name: 'small.csv',
      format: 'csv',
      files: ['small.csv'],
      rows: 5,
      columns: [
        {
          ...nothing,
          ...{ name: 'delay', type: 'BIGINT', kind: 'integer', nulls: 1, distinct: 4, min: 1, max: 10, mean: 4 },
          sd: expect.closeTo(4.08248290463863, 13),
          quantiles: { p01: 1.03, p05: 1.15, p25: 1.75, p50: 2.5, p75: 4.75, p95: expect.closeTo(8.95, 12), p99: 9.79 },
          top: [1, 2, 3, 10].map((value) => ({ value, count: 1 })),
          histogram: {
            edges: Array.from({ length: 21 }, (_, i) => expect.closeTo(1 + 0.45 * i, 12)),
            counts: [1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
          },
        },
        {
          ...nothing,
          ...{ name: 'carrier', type: 'VARCHAR', kind: 'text', nulls: 1, distinct: 3, min: 'AA', max: 'ÜÜ' },
          top: [
            { value: 'AA', count: 2 },
            { value: 'UA', count: 1 },
            { value: 'ÜÜ', count: 1 },
          ],
          length: { min: 2, mean: 2, max: 2 },
        },
        {
          ...nothing,
          ...{ name: 'late', type: 'BOOLEAN', kind: 'boolean', nulls: 1, distinct: 2, min: false, max: true },
          top: [
            { value: true, count: 3 },
            { value: false, count: 1 },
          ],
        },
        {
          ...nothing,
          ...{ name: 'day', type: 'DATE', kind: 'date', nulls: 0, distinct: 4, min: '2013-01-01', max: '2013-01-11' },
          top: [
            { value: '2013-01-03', count: 2 },
            ...['2013-01-01', '2013-01-02', '2013-01-11'].map((value) => ({ value, count: 1 })),
          ],
          histogram: {
            edges: Array.from({ length: 21 }, (_, i) => Date.UTC(2013, 0, 1) + i * 12 * 3_600_000),
            counts: [1, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
          },
        },
      ],
    },
  ]);
});

describe('Parquet', () => {
  test('NaN and infinity are counted, and leave no trace in the other numbers', async () => {
    const { x } = await columnsOf(
      await parquet('x.parquet', "select unnest([1.0::double, 3, 'nan', 'inf', '-inf', null]) as x"),
    );
    expect(x).toMatchObject({
      nulls: 1,
      nan: 1,
      infinite: 2,
      min: 1,
      max: 3,
      mean: 2,
      quantiles: { p50: 2 },
      distinct: 5,
    });
    expect(x?.histogram?.counts.reduce((sum, count) => sum + count)).toBe(2);
  });

  test('integers beyond 2^53 are text, so that no digit is lost', async () => {
    const { x } = await columnsOf(
      await parquet('x.parquet', 'select unnest([18446744073709551615, 1]::ubigint[]) as x'),
    );
    expect(x).toMatchObject({ type: 'UBIGINT', min: 1, max: '18446744073709551615' });
  });

  test('times are ISO 8601, in UTC when they have a zone; infinite ones break nothing', async () => {
    const columns = await columnsOf(
      await parquet(
        'x.parquet',
        "select unnest(['2013-03-31T02:30:00+02:00', '2014-01-01T00:00:00.5Z', null]::timestamptz[]) as zoned, unnest(['2013-03-31 02:30:00', 'infinity', null]::timestamp[]) as naive",
      ),
    );
    expect(columns['zoned']).toMatchObject({ min: '2013-03-31T00:30:00Z', max: '2014-01-01T00:00:00.5Z', nulls: 1 });
    expect(columns['naive']).toMatchObject({ min: '2013-03-31T02:30:00', max: 'infinity', nulls: 1, histogram: null });
  });

  test('nested values and bytes have a type and nulls only; decimals are numbers', async () => {
    const columns = await columnsOf(
      await parquet(
        'x.parquet',
        "select [1, 2] as list, {a: 1} as struct, 'a'::blob as bytes, 1.50::decimal(9, 2) as money, time '10:00' as t",
      ),
    );
    expect(columns['list']).toEqual({ ...nothing, name: 'list', type: 'INTEGER[]', kind: 'nested', nulls: 0 });
    expect(columns['struct']).toMatchObject({ kind: 'nested', nulls: 0 });
    expect(columns['bytes']).toMatchObject({ kind: 'bytes', nulls: 0, distinct: null });
    expect(columns['money']).toMatchObject({ kind: 'number', min: 1.5, mean: 1.5, sd: null, histogram: null });
    expect(columns['t']).toMatchObject({ kind: 'time', min: '10:00:00', distinct: 1 });
  });

  test('names of columns may contain quotes, spaces and semicolons', async () => {
    const columns = await columnsOf(
      await parquet('x.parquet', `select 1 as "a ""b""; drop table t; --", 2 as "SELECT"`),
    );
    expect(Object.keys(columns)).toEqual(['a "b"; drop table t; --', 'SELECT']);
  });
});

describe('several files', () => {
  test('those with the same columns are one table, also when one of them has wider types', async () => {
    const january = await file('2013/01.csv', 'day,code\n1,7\n');
    const february = await file('2013/02.csv', 'day,code\n2,x\n3,\n');
    const weather = await file('weather.jsonl', '{"temp": 1.5}\n{"temp": null}\n');
    const { tables } = await profile([january, february, weather]);
    expect(tables.map(({ name, files, rows, format }) => ({ name, files, rows, format }))).toEqual([
      { name: '2013/*.csv', files: ['2013/01.csv', '2013/02.csv'], rows: 3, format: 'csv' },
      { name: 'weather.jsonl', files: ['weather.jsonl'], rows: 2, format: 'jsonl' },
    ]);
    expect(tables[0]?.columns[1]).toMatchObject({ name: 'code', type: 'VARCHAR', nulls: 1, distinct: 2 });
  });

  test('a file that is no table is named with its reason, and the others are profiled', async () => {
    const good = await file('good.csv', 'a\n1\n');
    const bad = await file('bad.parquet', 'this is no parquet');
    const { tables, unreadable } = await profile([bad, good]);
    expect(tables.map(({ name }) => name)).toEqual(['good.csv']);
    expect(unreadable.map(({ file }) => file)).toEqual(['bad.parquet']);
    expect(unreadable[0]?.reason).toContain('bad.parquet');
    expect(unreadable[0]?.reason).not.toContain(folder);
  });

  test('compressed and empty tables are read', async () => {
    const { tables } = await profile([await file('a.csv.gz', gzipSync('a,b\n1,2\n')), await file('b.csv', 'x,y\n')]);
    expect(tables.map(({ name, rows, columns }) => [name, rows, columns.map((column) => column.name)])).toEqual([
      ['a.csv.gz', 1, ['a', 'b']],
      ['b.csv', 0, ['x', 'y']],
    ]);
  });

  test('a group is called by its common folder', () => {
    const named = (...names: string[]) => groupName(names.map((name) => ({ name, path: '/x', format: 'csv' })));
    expect(named('a.csv')).toBe('a.csv');
    expect(named('a.csv', 'b.csv')).toBe('*.csv');
    expect(named('x/y/a.csv', 'x/z/y/b.csv')).toBe('x/*.csv');
    expect(named('x/y/a.csv', 'x/y/b.csv.gz')).toBe('x/y/*');
  });
});

test('two runs over the same floats give the same bytes', async () => {
  const file = await parquet('x.parquet', 'select sin(i) * pow(10, i % 17) as x from range(300000) t(i)');
  expect(JSON.stringify(await profile([file]))).toBe(JSON.stringify(await profile([file])));
});

describe('limits', () => {
  test('what takes too long is interrupted', async () => {
    const path = await parquet('x.parquet', 'select i as x, hash(i)::varchar as y from range(2000000) t(i)');
    await expect(profile([path], { timeLimit: 200 })).rejects.toMatchObject({ code: 'PARQUET_TIME_LIMIT' });
  });

  test.each([0, 50, 200, 400])('an abort after %s ms ends it with the reason of the signal', async (delay) => {
    const path = await parquet('x.parquet', 'select i as x, hash(i)::varchar as y from range(2000000) t(i)');
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('cancelled')), delay);
    await expect(profile([path], { signal: controller.signal })).rejects.toThrow('cancelled');
  });

  test('too little memory is an error that says so', async () => {
    const path = await parquet('x.parquet', 'select hash(i)::varchar as y from range(2000000) t(i)');
    await expect(profile([path], { memoryLimit: 20_000_000 })).rejects.toMatchObject({ code: 'PARQUET_OUT_OF_MEMORY' });
  });

  test('the sandbox reads the files it was given, writes to scratch, and can change nothing of that', async () => {
    const given = await file('given.csv', 'a\n1\n');
    const other = await file('other.csv', 'a\n2\n');
    using sandbox = await openSandbox({ files: [given], scratch: join(folder, 'scratch'), memoryLimit: 1e8 });
    expect(await sandbox.query(`select * from read_csv('${given.path}')`)).toEqual([{ a: '1' }]);
    for (const statement of [
      `select * from read_csv('${other.path}')`,
      `select * from read_text('/etc/passwd')`,
      `copy (select 1) to '${folder}/out.csv'`,
      `copy (select 1) to '${folder}/scratch/../out.csv'`,
      `attach '${folder}/x.db'`,
      'set enable_external_access = true',
      `set allowed_directories = ['/']`,
      `set memory_limit = '10GB'`,
      'install httpfs',
      'load httpfs',
    ]) {
      await expect(sandbox.query(statement), statement).rejects.toThrow(/Permission Error|Invalid Input Error|Cannot/);
    }
  });

  test('paths that DuckDB would take for a pattern are refused', async () => {
    await expect(profile([{ path: '/tmp/*.csv', name: 'x.csv', format: 'csv' }])).rejects.toThrow(
      'plain absolute path',
    );
    await expect(profile([{ path: 'x.csv', name: 'x.csv', format: 'csv' }])).rejects.toThrow('plain absolute path');
  });
});

test('the name of a file says whether it is a table', () => {
  const names = [
    'a.csv',
    'b.TSV',
    'c.csv.gz',
    'd.parquet',
    'e.jsonl',
    'f.ndjson.gz',
    'g.json',
    'h.png',
    'csv',
    'i.parquet.gz',
    'j.gz',
  ];
  expect(names.map(tableFormat)).toEqual([
    'csv',
    'csv',
    'csv',
    'parquet',
    'jsonl',
    'jsonl',
    null,
    null,
    null,
    null,
    null,
  ]);
});
