import { expect, test } from 'vitest';
import { compilePattern, linearMatch } from './linear-pattern.ts';

test('a pattern is found anywhere, minds case and knows Unicode; nothing is in null', () => {
  expect(linearMatch('hello Wörld', 'w.rld')).toBe(0);
  expect(linearMatch('hello Wörld', '(?i)^HELLO\\sw.rld$')).toBe(1);
  expect(linearMatch(null, 'a')).toBeNull();
});

test('a pattern that makes other engines explode is answered', () => {
  expect(linearMatch(`${'a'.repeat(100_000)}b`, '^(a+)+$')).toBe(0);
  expect(linearMatch('x '.repeat(100_000), '(.*)(.*)(.*)(.*)!')).toBe(0);
});

test.each(['(', '(?=a)', '(a)\\1', '((a{1,100}){1,100}){1,100}'])('%s is no pattern', (pattern) => {
  expect(() => compilePattern(pattern)).toThrow(SyntaxError);
});
