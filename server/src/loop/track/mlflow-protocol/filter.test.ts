import { expect, test } from 'vitest';
import { parseFilter } from './filter.ts';
import { parseOrderBy } from './order-by.ts';
import { decodePageToken, encodePageToken } from './page-token.ts';

const number = (source: string) => ({ kind: 'number', number: Number(source), source });
const string = (text: string, quote = "'") => ({ kind: 'string', text, source: `${quote}${text}${quote}` });

test('a filter is comparisons joined by AND', () => {
  expect(parseFilter('metrics.auc >= 0.5 and params.`a b.c` != "x" AND status = \'FINISHED\' AND')).toEqual([
    { entity: 'metrics', key: 'auc', operator: '>=', value: number('0.5') },
    { entity: 'params', key: 'a b.c', operator: '!=', value: string('x', '"') },
    { entity: null, key: 'status', operator: '=', value: string('FINISHED') },
  ]);
  expect(parseFilter(undefined)).toEqual([]);
  expect(parseFilter('  ')).toEqual([]);
});

test.each([
  ["tags.mlflow.parentRunId='a'", 'tags', 'mlflow.parentRunId', '=', string('a')],
  ['metrics.m>-1e-3', 'metrics', 'm', '>', number('-1e-3')],
  ['metrics."m 1" < .5', 'metrics', 'm 1', '<', number('.5')],
  [
    "run_id NOT  IN ('a','b')",
    null,
    'run_id',
    'NOT IN',
    { kind: 'list', items: [string('a'), string('b')], source: "('a','b')" },
  ],
  ['tags.x is not null', 'tags', 'x', 'IS NOT NULL', { kind: 'none' }],
  ["tags.or = 'x'", 'tags', 'or', '=', string('x')],
  ["params.p ilike '%É_'", 'params', 'p', 'ILIKE', string('%É_')],
  ['params.p = 1', 'params', 'p', '=', number('1')],
  ['metrics.m == 1', 'metrics', 'm', '==', number('1')],
  ["params.p = 'it''s'", 'params', 'p', '=', string("it''s")],
  ['params.p = "it\'s"', 'params', 'p', '=', string("it's", '"')],
  ['params.p = abc', 'params', 'p', '=', { kind: 'word', source: 'abc' }],
])('%s', (filter, entity, key, operator, value) => {
  expect(parseFilter(filter)).toEqual([{ entity, key, operator, value }]);
});

test.each([
  ["a = 'x' OR b = 'y'", "Invalid clause(s) in filter string: 'OR'"],
  ["NOT a = 'x'", "Invalid clause(s) in filter string: 'NOT'"],
  ["(a = 'x')", "Invalid clause(s) in filter string: '('"],
  ["a = 'x'; drop table runs", 'Search filter contained multiple expression'],
  ["a = 'x", "Invalid clause(s) in filter string: '''"],
  ['a =', 'it ends in the middle of a comparison'],
  ["a IN 'x'", "Invalid clause(s) in filter string: '''"],
  ["a IN ('x'", 'Invalid clause(s)'],
  ["'a' = 'b'", "Expected 'Identifier' found ''a''"],
  ['1 = 1', "Expected 'Identifier' found '1'"],
  [Array.from({ length: 101 }, () => 'a = 1').join(' AND '), 'more than 100 comparisons'],
])('%s is refused', (filter, message) => {
  expect(() => parseFilter(filter)).toThrow(message);
});

test('a filter of a hundred thousand clauses is refused at once', () => {
  expect(() => parseFilter('a = 1 AND '.repeat(100_000))).toThrow('longer than');
});

test('an order is a key with a direction; a key twice, two keys in one text and other words are refused', () => {
  expect(parseOrderBy(['metrics.`a b` DESC', 'start_time', 'tags.x asc'])).toEqual([
    { entity: 'metrics', key: 'a b', descending: true },
    { entity: null, key: 'start_time', descending: false },
    { entity: 'tags', key: 'x', descending: false },
  ]);
  expect(() => parseOrderBy(['metrics.k1 DOWN'])).toThrow("Invalid ordering key in order_by clause 'metrics.k1 DOWN'.");
  expect(() => parseOrderBy(['a, b'])).toThrow("Invalid order_by clause 'a, b'. Could not be parsed.");
  expect(() => parseOrderBy([''])).toThrow('Could not be parsed.');
});

test('a page token holds for its own query only', () => {
  const token = encodePageToken([1.5, null, 'x'], ['q', 1]);
  expect(decodePageToken(token, ['q', 1])).toEqual([1.5, null, 'x']);
  expect(decodePageToken('', ['q', 1])).toBeNull();
  expect(() => decodePageToken(token, ['q', 2])).toThrow('Invalid page token');
  for (const bad of ['abc', '!!', Buffer.from('{"after":[{}]}').toString('base64url')]) {
    expect(() => decodePageToken(bad, ['q', 1])).toThrow('Invalid page token, decoded value=');
  }
});
