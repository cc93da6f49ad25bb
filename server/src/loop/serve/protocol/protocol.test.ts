import { describe, expect, test } from 'vitest';
import type { Signature } from '../../../engines/signature.ts';
import { adaptInput } from './adapt-input.ts';
import { splitInput } from './declared-columns.ts';
import { eventTimesOf } from './event-time.ts';
import { parseCsv } from './parse-csv.ts';
import { parseJson } from './parse-json.ts';
import { keysOf } from './prediction-key.ts';
import { readInference } from './read-inference.ts';
import { readInvocation } from './read-invocation.ts';
import { inputTensors } from './tensor-types.ts';
import { toOutputTensors } from './write-inference.ts';

const json = (text: string) => parseJson(Buffer.from(text));

describe('JSON of callers', () => {
  test('has the bare words that Python writes, and leaves them alone in texts', () => {
    expect(json('{"a": [NaN, Infinity, -Infinity, 1.5, null], "b": "NaN", "NaN": "a \\" NaN\\\\"}')).toEqual({
      a: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5, null],
      b: 'NaN',
      NaN: 'a " NaN\\',
    });
  });

  test('keeps whole numbers beyond 2^53, and their words in texts', () => {
    expect(json('[9223372036854775807, -9007199254740993, 9007199254740991, 0.12345678901234567, 1e300]')).toEqual([
      ...[9223372036854775807n, -9007199254740993n, 9007199254740991, 0.12345678901234566, 1e300],
    ]);
    expect(json('["12345678901234567890", NaN]')).toEqual(['12345678901234567890', Number.NaN]);
  });

  test.each([
    ['{"a":', 'the body is not JSON'],
    ['{"a": nan}', 'the body is not JSON'],
    ['{"a": NaNa}', 'the body is not JSON'],
    [`${'['.repeat(200)}${']'.repeat(200)}`, 'nested more than 64 deep'],
    ['['.repeat(200_000), 'cannot be read'],
  ])('%.20s is refused', (text, message) => {
    expect(() => json(text)).toThrow(message);
  });

  test('that is not UTF-8 is refused', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow('not UTF-8');
  });
});

describe('CSV', () => {
  test('has quoted cells, both line ends, missing values and a BOM', () => {
    expect(parseCsv('\uFEFFa,b,"c ""x"""\r\n1,"x, y\n z",NA\n,2,nan\r\n\r\n')).toEqual({
      kind: 'table',
      columns: ['a', 'b', 'c "x"'],
      rows: [
        ['1', 'x, y\n z', null],
        [null, '2', null],
      ],
    });
  });

  test.each([
    ['', 'empty'],
    ['a,b\n1', 'row 0 has 1 cells for 2 columns'],
    ['a\n"x', 'a quote is not closed'],
  ])('%j is refused', (text, message) => {
    expect(() => parseCsv(text)).toThrow(message);
  });

  const signature: Signature = {
    inputs: { kind: 'columns', columns: [{ name: 'code', type: 'string', required: true }] },
    outputs: null,
    params: [],
  };

  test('becomes numbers and booleans where a whole column is, unless the model takes text', () => {
    const { input } = readInvocation('text/csv', Buffer.from('code,n,ok,mixed\n007,1.5,True,1\n008,NA,false,x\n'));
    expect(adaptInput(signature, input)).toMatchObject({
      rows: [
        ['007', 1.5, true, '1'],
        ['008', null, false, 'x'],
      ],
    });
    expect(adaptInput(null, input)).toMatchObject({ rows: [[7, 1.5, true, '1'], expect.anything()] });
  });
});

describe('MLflow’s scoring protocol', () => {
  const read = (body: unknown) => readInvocation('application/json', Buffer.from(JSON.stringify(body))).input;
  const columns: Signature = {
    inputs: {
      kind: 'columns',
      columns: [
        { name: 'a', type: 'double', required: true },
        { name: 'b', type: 'double', required: true },
      ],
    },
    outputs: null,
    params: [],
  };
  const table = {
    kind: 'table',
    columns: ['a', 'b'],
    rows: [
      [1, 2],
      [3, null],
    ],
  };

  test('all its forms of a table are one', () => {
    expect(
      read({
        dataframe_split: {
          index: [5, 6],
          columns: ['a', 'b'],
          data: [
            [1, 2],
            [3, null],
          ],
        },
      }),
    ).toEqual(table);
    expect(read({ dataframe_records: [{ a: 1, b: 2 }, { a: 3 }] })).toEqual(table);
    expect(read({ instances: [{ a: 1, b: 2 }, { a: 3 }] })).toEqual(table);
    expect(adaptInput(columns, read({ inputs: { a: [1, 3], b: [[2], [null]] } }))).toEqual(table);
    expect(adaptInput(columns, read({ inputs: { a: 1, b: 2 } }))).toEqual({ ...table, rows: [[1, 2]] });
  });

  test('arrays stay arrays, but for a signature that goes by position', () => {
    const tensor = [
      [1, 2],
      [3, 4],
    ];
    expect(adaptInput(null, read({ instances: tensor }))).toEqual({ kind: 'tensor', tensor });
    const nameless: Signature = {
      ...columns,
      inputs: { kind: 'columns', columns: [{ name: null, type: 'double', required: true }] },
    };
    expect(adaptInput(nameless, read({ inputs: tensor }))).toEqual({
      kind: 'table',
      columns: ['0', '1'],
      rows: tensor,
    });
  });

  test.each([
    [{}, 'exactly one of the input fields'],
    [[], 'exactly one of the input fields'],
    [{ inputs: [1], instances: [1] }, 'it has instances and inputs'],
    [{ inputs: [1], params: 3 }, 'params must be an object'],
    [{ dataframe_split: { columns: ['a'], data: [[1, 2]] } }, 'Row 0 has 2 values for 1 columns.'],
    [{ dataframe_split: [1] }, 'dataframe_split must be an object'],
    [{ dataframe_records: [{ a: 1 }, 5] }, 'Row 1 of dataframe_records is no object.'],
    [{ instances: 5 }, 'instances must be a list'],
  ])('%j is refused with what is wrong', (body, message) => {
    expect(() => read(body)).toThrow(message);
  });

  test('columns of different lengths are refused by name', () => {
    expect(() => adaptInput(columns, read({ inputs: { a: [1, 2], b: [1] } }))).toThrow(
      'The column b has 1 values, and a has 2.',
    );
  });

  test('other types, other character sets and other parameters are refused', () => {
    for (const type of [
      'application/xml',
      'application/json; charset=latin-1',
      'application/json; format=pandas-split',
    ]) {
      expect(() => readInvocation(type, Buffer.from('{}'))).toThrow(expect.objectContaining({ status: 415 }));
    }
    expect(readInvocation('application/json; charset=UTF-8', Buffer.from('{"inputs":[1]}')).params).toBe(null);
  });
});

describe('the time of an event', () => {
  const at = (
    declared: { feature: string | null; header: string | null },
    headers: Record<string, string>,
    cell = '',
  ) =>
    eventTimesOf(declared, {
      header: (name) => headers[name],
      input: { kind: 'table', columns: ['when'], rows: [[cell], ['2000-01-01']] },
      receivedAt: 7,
    }).eventTime;
  const open = { feature: null, header: null };
  const june = Date.UTC(2013, 5, 1, 12);

  test('is what the header says, else the time of receipt', () => {
    expect(at(open, {})).toBe(7);
    expect(at(open, { 'bucle-event-time': '2013-06-01T12:00:00Z' })).toBe(june);
    expect(at(open, { 'bucle-event-time': '2013-06-01T14:00:00+02:00' })).toBe(june);
    expect(at(open, { 'bucle-event-time': String(june) })).toBe(june);
    expect(() => at(open, { 'bucle-event-time': 'yesterday' })).toThrow('bucle-event-time must be a time');
  });

  test('comes from where the endpoint declares it, and from nowhere else', () => {
    const other = { 'bucle-event-time': '2001-01-01' };
    expect(at({ feature: null, header: 'X-When' }, { 'x-when': '2013-06-01 12:00:00', ...other })).toBe(june);
    expect(at({ feature: null, header: 'X-When' }, other)).toBe(7);
    expect(at({ feature: 'when', header: null }, other, '2013-06-01T12:00:00.000Z')).toBe(june);
    expect(at({ feature: 'when', header: null }, other, 'unknown')).toBe(7);
  });
});

describe('what an endpoint declares and its model does not know', () => {
  const column = (name: string | null) => ({ name, type: 'double', required: true }) as const;
  const tensor = (name: string | null) => ({ name, dtype: 'float64', shape: [-1, 1] });
  const of = (inputs: Signature['inputs']): Signature => ({ inputs, outputs: null, params: [] });
  const table = { kind: 'table', columns: ['id', 'x'], rows: [['k', 1]] } as const;

  test('comes along and is taken out before the model sees it', () => {
    const byPosition = splitInput(of({ kind: 'columns', columns: [column(null)] }), table, ['id', null]);
    expect(byPosition).toEqual({ sent: table, input: { kind: 'table', columns: ['x'], rows: [[1]] } });
    const named = { kind: 'named', tensors: { id: ['k'], x: [[1]] } } as const;
    expect(splitInput(of({ kind: 'tensors', tensors: [tensor(null)] }), named, ['id']).input).toEqual({
      kind: 'tensor',
      tensor: [[1]],
    });
    const record = { kind: 'tensor', tensor: { id: ['k'], x: [[1]] } } as const;
    expect(splitInput(of({ kind: 'tensors', tensors: [tensor('x')] }), record, ['id'])).toEqual({
      sent: record,
      input: { kind: 'tensor', tensor: { x: [[1]] } },
    });
  });

  test('stays where the model knows it, or nobody knows what the model takes', () => {
    const known = of({ kind: 'columns', columns: [column('id'), column('x')] });
    for (const signature of [known, null]) expect(splitInput(signature, table, ['id']).input).toEqual(table);
  });

  test('a key is text for each row, or what the header says', () => {
    const header = (name: string) => (name === 'bucle-key' ? 'from the header' : undefined);
    const input = { kind: 'table', columns: ['id'], rows: [[7], ['a'], [null], [12n]] } as const;
    expect(keysOf('id', { input, header })).toEqual({ key: '7', keys: ['7', 'a', null, '12'] });
    expect(keysOf('other', { input, header })).toEqual({ key: 'from the header', keys: null });
    expect(keysOf(null, { input, header: () => undefined })).toEqual({ key: null, keys: null });
    expect(() => keysOf(null, { input, header: () => 'x'.repeat(501) })).toThrow('Bucle-Key');
  });
});

describe('the Open Inference Protocol', () => {
  const read = (body: unknown) =>
    readInference({ contentType: 'application/json', binaryHeader: false }, Buffer.from(JSON.stringify(body)));
  const input = { name: 'x', shape: [2, 2], datatype: 'FP64', data: [1, 2, 3, 4] };

  test('data may be flat or nested', () => {
    const tensors = {
      x: [
        [1, 2],
        [3, 4],
      ],
    };
    expect(read({ inputs: [input] }).tensors).toEqual(tensors);
    expect(read({ id: '7', inputs: [{ ...input, data: tensors.x }], surplus: 1 })).toEqual({
      ...{ id: '7', tensors, outputs: null },
    });
    expect(read({ inputs: [{ ...input, shape: [0, 2], data: [] }] }).tensors).toEqual({ x: [] });
  });

  test.each([
    [{}, 'inputs must be a list'],
    [{ inputs: [] }, 'inputs must be a list'],
    [{ inputs: [input, input] }, 'The input x is named twice.'],
    [{ inputs: [{ ...input, shape: [3, 2] }] }, 'has 4 elements, and its shape [3,2] has 6'],
    [{ inputs: [{ ...input, shape: [-1, 2] }] }, 'must have a shape'],
    [{ inputs: [{ ...input, shape: [2 ** 53, 2 ** 53] }] }, 'must have a shape'],
    [{ inputs: [{ ...input, datatype: 'FP8' }] }, 'must have a datatype'],
    [{ inputs: [{ ...input, datatype: 'INT8', data: [1, 2, 3, 200] }] }, 'its element 3 is none'],
    [{ inputs: [{ ...input, datatype: 'BOOL' }] }, 'must hold BOOL only'],
    [{ inputs: [{ ...input, data: undefined }] }, 'has no data'],
    [{ inputs: [input], outputs: [{ name: 'a' }, { name: 'a' }] }, 'The output a is named twice.'],
    [{ inputs: [input], id: 5 }, 'id must be text'],
  ])('%j is refused', (body, message) => {
    expect(() => read(body)).toThrow(message);
  });

  test('answers become tensors with the types of the signature, and keep all digits', () => {
    const outputs: Signature['outputs'] = {
      kind: 'columns',
      columns: [
        { name: 'label', type: 'long', required: true },
        { name: 'score', type: 'float', required: true },
      ],
    };
    const signature: Signature = { inputs: null, outputs, params: [] };
    const rows = [
      { label: 9223372036854775807n, score: 0.5 },
      { label: 1, score: Number.NaN },
    ];
    const tensors = toOutputTensors(signature, rows, ['score', 'label']);
    expect(JSON.stringify(tensors)).toBe(
      '[{"name":"score","datatype":"FP32","shape":[2],"data":[0.5,null]},' +
        '{"name":"label","datatype":"INT64","shape":[2],"data":[9223372036854775807,1]}]',
    );
    expect(() => toOutputTensors(signature, rows, ['other'])).toThrow('no output other; it has label, score');
    expect(
      toOutputTensors(
        null,
        [
          [1, 2],
          [3, 4],
        ],
        null,
      ),
    ).toMatchObject([{ name: 'predictions', datatype: 'FP64', shape: [2, 2], data: [1, 2, 3, 4] }]);
  });

  test('metadata has a tensor for each column', () => {
    expect(
      inputTensors({
        inputs: { kind: 'columns', columns: [{ name: 'a', type: 'datetime', required: true }] },
        outputs: null,
        params: [],
      }),
    ).toEqual([{ name: 'a', datatype: 'BYTES', shape: [-1] }]);
  });
});
