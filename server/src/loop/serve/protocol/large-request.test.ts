import { expect, test } from 'vitest';
import { conformCell } from '../../../engines/conform-cell.ts';
import { parseFilter } from '../../track/index.ts';
import { inferTypes, parseCsv } from './parse-csv.ts';
import { parseJson } from './parse-json.ts';
import { readInference } from './read-inference.ts';
import { readInvocation } from './read-invocation.ts';

const DIGITS = '1'.repeat(200_000);

// Each of these once took from half a minute to for ever, on the thread that answers everybody.
const cases: [name: string, read: () => unknown][] = [
  ['a CSV cell of digits that is no number', () => inferTypes(parseCsv(`a\n${DIGITS}x\n`), () => false)],
  ['a text of digits that is no number', () => conformCell('double', `${DIGITS}x`)],
  ['a filter that compares with such a text', () => parseFilter(`metrics.a > ${DIGITS.slice(0, 99_000)}x`)],
  ['a whole number of millions of digits in JSON', () => parseJson(Buffer.from(`[${DIGITS.repeat(50)}]`))],
  ['the same in CSV', () => inferTypes(parseCsv(`a\n${DIGITS.repeat(50)}\n`), () => false)],
];

test.each(cases)(
  '%s is read in time',
  (_name, read) => {
    const began = performance.now();
    read();
    expect(performance.now() - began).toBeLessThan(2_000);
  },
  10_000,
);

test('hundreds of thousands of outputs are looked through once', () => {
  const tensor = { name: 'a', shape: [1], datatype: 'FP64', data: [1] };
  const outputs = Array.from({ length: 300_000 }, (_, at) => ({ name: `o${at}` }));
  const read = () =>
    readInference({ contentType: undefined, binaryHeader: false }, body({ inputs: [tensor], outputs }));
  const began = performance.now();
  expect(read().outputs).toHaveLength(300_000);
  expect(performance.now() - began).toBeLessThan(5_000);
  outputs.push({ name: 'o7' });
  expect(read).toThrow('The output o7 is named twice.');
}, 30_000);

test('records that each have other fields are refused before a table is made of them', () => {
  const dataframe_records = Array.from({ length: 10_000 }, (_, at) => ({ [`c${at}`]: 1 }));
  expect(() => readInvocation('application/json', body({ dataframe_records }))).toThrow('20000000 are allowed');
});

test('a quoted cell of millions of quotes that never ends is told as that', () => {
  expect(() => parseCsv(`a\n"${'""'.repeat(10_000_000)}`)).toThrow('a quote is not closed');
});

test('a number beyond 64 bits stays whole as far as types go, and is a double beyond', () => {
  expect(parseJson(Buffer.from('[18446744073709551615]'))).toEqual([18446744073709551615n]);
  expect(parseJson(Buffer.from(`[1${'0'.repeat(60)}]`))).toEqual([1e60]);
});

function body(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
