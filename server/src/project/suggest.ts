import { nearest } from '../platform/nearest.ts';
import { orList } from './problem.ts';

const UNITS: Readonly<Record<string, readonly [unit: string, times: number]>> = {
  ...{ second: ['s', 1], sec: ['s', 1], s: ['s', 1], minute: ['m', 1], min: ['m', 1], m: ['m', 1] },
  ...{ hour: ['h', 1], hr: ['h', 1], h: ['h', 1], day: ['d', 1], d: ['d', 1], week: ['d', 7], w: ['d', 7] },
  ...{ month: ['d', 30], year: ['d', 365], y: ['d', 365], ms: ['ms', 1], millisecond: ['ms', 1], msec: ['ms', 1] },
};

/** `did you mean "label"?`, or what there is. */
export function suggestWord(word: string, known: readonly string[], otherwise: string): string {
  const guess = nearest(word, known);
  if (guess !== undefined) return `did you mean ${JSON.stringify(guess)}?`;
  return known.length > 0 && known.length <= 12 ? `write ${orList(known)}` : otherwise;
}

/** `7 days` → `write 7d` */
export function suggestDuration(value: unknown): string {
  const given = String(value).trim().toLowerCase();
  const [, number = '', word = ''] = /^[p-]?t?(\d+(?:\.\d+)?)\s*([a-z]*?)\.?$/.exec(given) ?? [];
  if (number === '') return 'write a number and its unit: d, h, m, s or ms';
  if (word === '') return `write ${number}d if days are meant, ${number}h for hours, ${number}m for minutes`;
  const [unit, times] = UNITS[word] ?? UNITS[word.replace(/s$/, '')] ?? [];
  if (unit === undefined || times === undefined) return 'the units are d, h, m, s and ms';
  return `write ${spell(Number(number) * times, unit)}`;
}

const SMALLER: Readonly<Record<string, readonly [unit: string, times: number]>> = {
  ...{ d: ['h', 24], h: ['m', 60], m: ['s', 60], s: ['ms', 1_000] },
};

function spell(count: number, unit: string): string {
  const smaller = SMALLER[unit];
  if (Number.isInteger(count) || smaller === undefined) return `${Math.round(count)}${unit}`;
  return spell(count * smaller[1], smaller[0]);
}
