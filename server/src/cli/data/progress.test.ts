import { expect, test } from 'vitest';
import { formatBytes, formatDuration, plural } from './format.ts';
import { progressLine, startProgress } from './progress.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.00 kB'],
  [31_095_119, '31.1 MB'],
  [999_600, '1.00 MB'],
  [5_000_000_000_000_000, '5000 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0.2, '1s'],
  [200, '3m 20s'],
  [7_500, '2h 5m'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('one is no plural', () => {
  expect([plural(1, 'row'), plural(336_776, 'row')]).toEqual(['1 row', '336,776 rows']);
});

test('a line of progress has share, rate, time left and what is at work, without control characters', () => {
  expect(progressLine('pushing', 12_000_000, 48_000_000, 2, 'a\u001b[31m.csv')).toBe(
    'pushing 12.0 MB of 48.0 MB (25 %), 6.00 MB/s, 6s left, a [31m.csv',
  );
  expect(progressLine('pushing', 0, 0, 0, '')).toBe('pushing 0 B of 0 B (100 %)');
});

test('on a terminal the line moves and goes away, elsewhere there is a line each ten seconds', () => {
  const written: string[] = [];
  const start = (isTTY: boolean, json: boolean, now: () => number) =>
    startProgress({ stderr: { isTTY, write: (text) => void written.push(text) }, json }, 'pulling', 100, now);
  let time = 0;
  const moving = start(true, false, () => time);
  moving.end();
  expect(written).toEqual(['\r\u001b[Kpulling 0 B of 100 B (0 %)', '\r\u001b[K']);
  written.length = 0;
  const lines = start(true, true, () => time);
  for (time = 0; time <= 25_000; time += 1_000) lines.add(4);
  lines.end();
  expect(written).toEqual([
    'pulling 44 B of 100 B (44 %), 4 B/s, 13s left\n',
    'pulling 84 B of 100 B (84 %), 4 B/s, 4s left\n',
  ]);
});
