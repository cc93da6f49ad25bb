import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { countOverlap } from './count-overlap.ts';
import { describeColumns } from './describe-columns.ts';
import { type ReadOptions, readRows } from './read-rows.ts';
import { type TableFile, tableFormat } from './table-file.ts';
import { writeRows } from './write-rows.ts';
import { type WrittenColumn, type WrittenType, writtenType } from './written-column.ts';

let folder = '';
let scratch = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bucle-rows-'));
  scratch = join(folder, 'scratch');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string): Promise<TableFile> {
  const path = join(folder, name);
  await writeFile(path, content);
  return { path, name, format: tableFormat(name) ?? 'csv' };
}

async function parquet(name: string, select: string): Promise<TableFile> {
  const path = join(folder, name);
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  await connection.run(`set TimeZone = 'America/New_York'`);
  await connection.run(`copy (${select}) to '${path}' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
  return { path, name, format: 'parquet' };
}

async function read(files: readonly TableFile[], options: Partial<ReadOptions> = {}) {
  const batches = [];
  for await (const batch of readRows(files, { scratch, ...options })) batches.push(batch);
  return { columns: batches[0]?.columns ?? [], rows: batches.flatMap(({ rows }) => rows), batches };
}

const table = (name: string): TableFile => ({ path: join(folder, name), name, format: 'parquet' });
const columns = (types: Record<string, WrittenType>): WrittenColumn[] =>
  Object.entries(types).map(([name, type]) => ({ name, type }));

describe('reading rows', () => {
  test('values come as numbers, text, booleans and null; NaN stays, times are UTC, large integers are text', async () => {
    const source = await parquet(
      'a.parquet',
      `select * from (values
        (1::integer, 9007199254740993::bigint, 'NaN'::double, 0.5::float, 1.25::decimal(9, 2), true, 'a',
         date '2013-01-02', timestamp '2013-01-02 03:04:05.678901', timestamptz '2013-01-01 05:00:00', [1, 2]),
        (null, 7, '-Infinity'::double, null, null, null, null, null, null, null, null)
      ) t(i, b, d, f, x, flag, text, day, "at", zoned, list)`,
    );
    expect(await read([source])).toMatchObject({
      columns: ['i', 'b', 'd', 'f', 'x', 'flag', 'text', 'day', 'at', 'zoned', 'list'],
      rows: [
        [
          ...[1, '9007199254740993', Number.NaN, 0.5, 1.25, true, 'a', '2013-01-02'],
          ...['2013-01-02T03:04:05.678Z', '2013-01-01T10:00:00.000Z', '[1,2]'],
        ],
        [null, 7, Number.NEGATIVE_INFINITY, null, null, null, null, null, null, null, null],
      ],
    });
  });

  test('files are read one after the other, whatever their formats and the order of their columns', async () => {
    const files = [
      await file('b.csv', 'x,y\n3,c\n1,a\n'),
      await parquet('c.parquet', `select 'z' as y, 9 as x`),
      await file('a.jsonl', '{"y":"q","x":2}\n{"x":5}\n'),
      await file('d.csv', 'y,x\nw,NA\nv,4\n'),
    ];
    expect((await read(files)).rows).toEqual([
      [3, 'c'],
      [1, 'a'],
      [9, 'z'],
      [2, 'q'],
      [5, null],
      [null, 'w'],
      [4, 'v'],
    ]);
    expect(await read(files, { columns: ['y'] })).toMatchObject({ columns: ['y'] });
    expect(await read([])).toMatchObject({ rows: [] });
  });

  test('batches have the wanted number of rows, and the order of the file', async () => {
    const source = await parquet('n.parquet', 'select i from range(10000) t(i)');
    const { batches, rows } = await read([source], { batchRows: 3000 });
    expect(batches.map((batch) => batch.rows.length)).toEqual([3000, 3000, 3000, 1000]);
    expect(rows.map(([value]) => value)).toEqual(Array.from({ length: 10_000 }, (_, at) => at));
  });

  test('a column that is not there and a file that is no table are errors with names and no paths', async () => {
    const good = await file('good.csv', 'a,b\n1,2\n');
    await expect(read([good], { columns: ['c'] })).rejects.toMatchObject({
      code: 'PARQUET_COLUMN_MISSING',
      message: 'good.csv has no column c; it has a, b.',
    });
    const bad = await file('bad.parquet', 'hello');
    const error = await read([bad]).catch((problem: unknown) => problem as Error);
    expect(error).toMatchObject({ code: 'PARQUET_UNREADABLE' });
    expect(String(error)).not.toContain(folder);
  });

  test('who stops taking rows, aborts or has no time ends the reading', async () => {
    const source = await parquet('n.parquet', 'select i, hash(i)::varchar as h from range(3000000) t(i)');
    for await (const { rows } of readRows([source], { scratch })) {
      expect(rows[0]?.[0]).toBe(0);
      break;
    }
    const controller = new AbortController();
    const reading = async () => {
      for await (const { rows } of readRows([source], { scratch, signal: controller.signal })) {
        if (rows[0]?.[0] === 20_480) controller.abort(new Error('cancelled'));
      }
    };
    await expect(reading()).rejects.toThrow('cancelled');
    const csv = await file('big.csv', `a\n${'1\n'.repeat(8_000_000)}`);
    await expect(read([csv], { timeLimit: 100 })).rejects.toMatchObject({ code: 'PARQUET_TIME_LIMIT' });
  });
});

describe('writing rows', () => {
  const all: Record<string, WrittenType> = {
    ...{ d: 'double', f: 'float', b: 'bigint', i: 'integer', flag: 'boolean', text: 'varchar' },
    ...{ day: 'date', at: 'timestamp', zoned: 'timestamptz' },
  };

  test('what was written is read again, with the types that were asked for', async () => {
    const time = Date.UTC(2013, 0, 2, 3, 4, 5, 678);
    const rows = [
      [1.5, 0.5, '9007199254740993', -7, true, 'ñ', '2013-01-02', time, '2013-01-01T05:00:00-05:00'],
      ['NaN', Number.POSITIVE_INFINITY, 3n, 'NaN', false, { a: 1 }, time, '2013-01-02 03:04', time],
      [null, null, null, null, null, null, null, null, undefined],
    ];
    const to = join(folder, 'out.parquet');
    const written = await writeRows([rows], { scratch, file: to, columns: columns(all) });
    expect(written).toEqual({ rows: 3, bytes: (await stat(to)).size });
    const described = await describeColumns([table('out.parquet')], { scratch });
    expect(described.map(({ name, type }) => [name, writtenType(type)])).toEqual(Object.entries(all));
    expect((await read([table('out.parquet')])).rows).toEqual([
      [
        ...[1.5, 0.5, '9007199254740993', -7, true, 'ñ', '2013-01-02'],
        ...['2013-01-02T03:04:05.678Z', '2013-01-01T10:00:00.000Z'],
      ],
      [
        ...[Number.NaN, Number.POSITIVE_INFINITY, 3, null, false, '{"a":1}', '2013-01-02'],
        ...['2013-01-02T03:04:00.000Z', '2013-01-02T03:04:05.678Z'],
      ],
      Array.from({ length: 9 }, () => null),
    ]);
  });

  test('the same rows give the same bytes, however they are cut', async () => {
    const rows = Array.from({ length: 130_000 }, (_, at) => [Math.sin(at), `t${at % 1000}`, at % 7 === 0 ? null : at]);
    const digests: string[] = [];
    for (const size of [1000, 130_000, 4096]) {
      const cut = Array.from({ length: Math.ceil(rows.length / size) }, (_, at) =>
        rows.slice(at * size, at * size + size),
      );
      const to = join(folder, `${size}.parquet`);
      await writeRows(cut, { scratch, file: to, columns: columns({ x: 'double', t: 'varchar', n: 'bigint' }) });
      digests.push(
        createHash('sha256')
          .update(await readFile(to))
          .digest('hex'),
      );
    }
    expect(new Set(digests).size).toBe(1);
    expect((await read([table('1000.parquet')])).rows).toEqual(rows);
  });

  test.each<[WrittenType, unknown]>([
    ['double', 'many'],
    ['bigint', 1.5],
    ['bigint', '9223372036854775808'],
    ['integer', 2 ** 31],
    ['boolean', 1],
    ['timestamp', 'yesterday'],
    ['date', Number.NaN],
  ])('a %s column refuses %s, and leaves no file', async (type, value) => {
    const to = join(folder, 'out.parquet');
    const writing = writeRows([[[null], [value]]], { scratch, file: to, columns: columns({ c: type }) });
    await expect(writing).rejects.toMatchObject({
      code: 'PARQUET_VALUE_REFUSED',
      message: `Row 1 has a value in column c that is no ${type}: ${value}.`,
    });
    await expect(stat(to)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(stat(`${to}.part`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a source that fails leaves the former file as it was', async () => {
    const to = join(folder, 'out.parquet');
    const options = { scratch, file: to, columns: columns({ n: 'integer' }) };
    await writeRows([[[1]]], options);
    const failing = (async function* () {
      yield [[2]];
      throw new Error('the source is gone');
    })();
    await expect(writeRows(failing, options)).rejects.toThrow('the source is gone');
    expect((await read([table('out.parquet')])).rows).toEqual([[1]]);
    await writeRows([], options);
    expect(await read([table('out.parquet')])).toMatchObject({ rows: [] });
  });

  test('200,000 rows of 12 columns go through in seconds, and through little memory', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `c${at}`);
    const source = async function* () {
      for (let batch = 0; batch < 100; batch += 1) {
        yield Array.from({ length: 2000 }, (_, row) => names.map((_name, at) => batch * 2000 + row + at / 16));
      }
    };
    const started = performance.now();
    const to = join(folder, 'big.parquet');
    await writeRows(source(), { scratch, file: to, columns: names.map((name) => ({ name, type: 'double' as const })) });
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    let [rows, most] = [0, 0];
    for await (const batch of readRows([table('big.parquet')], { scratch })) {
      rows += batch.rows.length;
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    expect(rows).toBe(200_000);
    // All rows at once are 2.4 million numbers in lists: some 60 MB, garbage not counted.
    expect(most).toBeLessThan(60e6);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe('counting overlap', () => {
  const overlap = (a: TableFile[], b: TableFile[], ...names: string[]) =>
    countOverlap(a, b, { columns: names, scratch });

  test('a row of the first table counts once, however often the second has it; null equals null', async () => {
    const a = await file('a.csv', 'k,m\n1,x\n1,x\n2,NA\n3,y\nNA,NA\n');
    const b = await file('b.csv', 'm,k\nx,1\nx,1\nNA,2\nz,3\nNA,NA\n');
    expect(await overlap([a], [b], 'k', 'm')).toEqual({
      ...{ rowsA: 5, rowsB: 5, shared: 4 },
      examples: ['k 1, m x', 'k 2, m null', 'k null, m null'],
    });
    expect(await overlap([a], [b], 'k')).toMatchObject({ shared: 5 });
    expect(await overlap([a], [await file('c.csv', 'k,m\n9,x\n')], 'k', 'm')).toMatchObject({
      shared: 0,
      examples: [],
    });
  });

  test('the same value in another type is the same', async () => {
    const typed = await parquet(
      't.parquet',
      `select 0.1::float as f, timestamp '2013-01-01 05:00:00' as "at", 7::bigint as n, 'u' as s`,
    );
    const text = await file('t.jsonl', '{"f": 0.1, "at": "2013-01-01T05:00:00Z", "n": "7", "s": "u"}\n');
    for (const column of ['f', 'at', 'n', 's']) {
      expect(await overlap([typed], [text], column), column).toMatchObject({ shared: 1 });
      expect(await overlap([text], [typed], column), column).toMatchObject({ shared: 1 });
    }
  });

  test('a column that one side lacks is an error', async () => {
    const a = await file('a.csv', 'k\n1\n');
    const b = await file('b.csv', 'm\n1\n');
    await expect(overlap([a], [b], 'k')).rejects.toMatchObject({ message: 'b.csv has no column k; it has m.' });
  });

  test('300,000 rows against 300,000 are counted in seconds', async () => {
    const a = await parquet('a.parquet', `select i as k, 'f' || i as m from range(300000) t(i)`);
    const b = await parquet('b.parquet', `select i as k, 'f' || i as m from range(299990, 600000) t(i)`);
    const started = performance.now();
    expect(await overlap([a], [b], 'k', 'm')).toMatchObject({ rowsA: 300_000, rowsB: 300_010, shared: 10 });
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});
