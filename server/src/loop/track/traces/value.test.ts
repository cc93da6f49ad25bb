import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dumpValue, parseValue, unquote, type Value } from './value.ts';

test.each<[Value, string]>([
  [null, 'null'],
  [1n, '1'],
  [1, '1.0'],
  [-0, '-0.0'],
  [2.5, '2.5'],
  [1e300, '1e+300'],
  [9007199254740993n, '9007199254740993'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
  ['é"\n', '"é\\"\\n"'],
  [[1n, 'a', []], '[1, "a", []]'],
  [new Map<string, Value>([['a', 1n]]), '{"a": 1}'],
])('%s is written as Python does, and read again', (value, text) => {
  expect(dumpValue(value)).toBe(text);
  expect(parseValue(text)).toEqual(value);
});

test('numbers that JSON has not are read wherever they are, but not within texts', () => {
  expect(parseValue('{"a": [NaN, -Infinity], "b": "NaN"}')).toEqual(
    new Map<string, Value>([
      ['a', [Number.NaN, Number.NEGATIVE_INFINITY]],
      ['b', 'NaN'],
    ]),
  );
  expect(parseValue('{"a": nonsense}')).toBeUndefined();
  expect(parseValue(`${'['.repeat(200_000)}`)).toBeUndefined();
});

test('a text in JSON is that text, anything else stays', () => {
  expect([unquote('"a"'), unquote('1'), unquote('{"a": 1}')]).toEqual(['a', '1', '{"a": 1}']);
});

test('whatever is written is read as the same', () => {
  const { value } = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      fc.string(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double({ noNaN: true }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc
        .array(
          fc.tuple(
            fc.string().map((key) => `k${key}`),
            tie('value'),
          ),
          { maxLength: 3 },
        )
        .map((all) => new Map(all)),
    ),
  }));
  fc.assert(
    fc.property(value, (one) => {
      expect(parseValue(dumpValue(one))).toEqual(one);
    }),
  );
});
