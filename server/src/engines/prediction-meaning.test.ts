import { expect, test } from 'vitest';
import { scoreOf } from './prediction-meaning.ts';

const probability = { kind: 'probability', column: null } as const;

test('a probability is the only output, the second of two, or the one that the column names', () => {
  expect(scoreOf(0.3, probability)).toBe(0.3);
  expect(scoreOf([0.7, 0.3], probability)).toBe(0.3);
  expect(scoreOf([0.3], probability)).toBe(0.3);
  expect(scoreOf([0.2, 0.5, 0.3], { ...probability, column: '1' })).toBe(0.5);
  expect(scoreOf({ no: 0.7, yes: 0.3 }, { ...probability, column: 'yes' })).toBe(0.3);
  expect(scoreOf({ yes: 0.3 }, probability)).toBe(0.3);
  expect(scoreOf([[0.3]], probability)).toBe(0.3);
});

test('an output without that column, or without a number there, has no score', () => {
  expect(scoreOf([0.2, 0.5, 0.3], probability)).toBeNull();
  expect(scoreOf([0.7, 0.3], { ...probability, column: 'yes' })).toBeNull();
  expect(scoreOf([0.7, 0.3], { ...probability, column: '2' })).toBeNull();
  expect(scoreOf({ a: 1, b: 2, c: 3 }, probability)).toBeNull();
  expect(scoreOf(Number.NaN, probability)).toBeNull();
  expect(scoreOf('yes', probability)).toBeNull();
});

test('a class is text, whatever the model answers it as; a value is a number', () => {
  const kind = { kind: 'class', column: null } as const;
  expect(scoreOf(1, kind)).toBe('1');
  expect(scoreOf(true, kind)).toBe('true');
  expect(scoreOf(['late'], kind)).toBe('late');
  expect(scoreOf({ label: 'late', score: 0.3 }, { ...kind, column: 'label' })).toBe('late');
  expect(scoreOf(12n, { kind: 'value', column: null })).toBe(12);
});
