import { UsageError } from '../command.ts';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of `90`, `45s`, `20m`, `1h30m`, `2d`. @throws UsageError */
export function parseDuration(flag: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)];
  const seconds = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (SECONDS[unit ?? ''] ?? 0), 0);
  if (parts.map(([whole]) => whole).join('') !== text || !(seconds > 0)) {
    throw new UsageError(`${flag} ${JSON.stringify(text)} is no duration: write 45s, 20m, 1h30m or 2d.`);
  }
  return seconds;
}
