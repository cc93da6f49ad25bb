import { expect, test } from 'vitest';
import { formatDatasetRef, parseDatasetRef, versionDigest } from './dataset.ts';

test.each([
  ['flights', { name: 'flights', number: null }],
  ['flights@latest', { name: 'flights', number: null }],
  ['flights@2', { name: 'flights', number: 2 }],
  ['dataset:flights@12', { name: 'flights', number: 12 }],
  ['dataset:fl.ig-hts_2', { name: 'fl.ig-hts_2', number: null }],
])('%s is a reference', (text, ref) => {
  expect(parseDatasetRef(text)).toEqual(ref);
});

test.each([
  '',
  '@2',
  'flights@',
  'flights@0',
  'flights@02',
  'flights@v2',
  'flights@-1',
  'a/b',
  '../x@1',
  'a b',
  'run:x',
  'a@1@2',
  'flights@1234567890',
])('%j is no reference', (text) => {
  expect(() => parseDatasetRef(text)).toThrow(expect.objectContaining({ code: 'DATA_INVALID_REF' }));
});

test('a reference has one spelling, and a digest fits into an MLflow input', () => {
  expect(formatDatasetRef({ name: 'flights', number: 2 })).toBe('dataset:flights@2');
  expect(versionDigest({ id: `${'ab'.repeat(16)}${'cd'.repeat(16)}` })).toBe('ab'.repeat(16));
});
