import { defineErrors } from '../errors.ts';
import { type RawSettings, type SettingName, settings } from './settings.ts';

export const configErrors = defineErrors('CONFIG', {
  INVALID: { status: 400, message: '{variable} is {value}, but it must be {expected}.' },
  HALF_SET: {
    status: 400,
    message: 'The group {group} is only half set: {missing} missing.',
    next: 'Set what is missing, or unset {present}.',
  },
  CONFLICT: {
    status: 400,
    message: '{one} and {other} contradict each other: {why}.',
    next: 'Leave one of them out.',
  },
  UNSUPPORTED_STORE: {
    status: 400,
    message: '{variable} names {store}, in which this server cannot keep its records.',
    next: 'Use sqlite:///FILE or postgresql://…, and copy what you have with `bucle import mlflow SOURCE`.',
  },
});

export function parseList(text: string | null): string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

export function parsePort(raw: RawSettings, name: SettingName): number {
  return parseInteger(raw, name, 0, 65_535);
}

export function parseInteger(raw: RawSettings, name: SettingName, least: number, most: number): number {
  const text = raw[name] ?? '';
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw invalid(name, text, `a whole number from ${least} to ${most}`);
  }
  return value;
}

const UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

export function parseSize(raw: RawSettings, name: SettingName): number {
  const text = raw[name] ?? '';
  const [, number = '', unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?) ?(MB|GB|TB)$/i.exec(text) ?? [];
  const bytes = Number(number) * (UNITS[unit.toUpperCase()] ?? 0);
  if (bytes < 1e6) throw invalid(name, text, 'a size of at least 1MB, like 500MB, 20GB or 1.5TB');
  return Math.round(bytes);
}

export function parseBoolean(raw: RawSettings, name: SettingName): boolean {
  return parseChoice(raw, name, ['true', 'false']) === 'true';
}

export function parseChoice<const Choice extends string>(
  raw: RawSettings,
  name: SettingName,
  choices: readonly Choice[],
): Choice {
  const text = raw[name] ?? '';
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw invalid(name, text, `one of ${choices.join(', ')}`);
  return found;
}

export function parseUrl(raw: RawSettings, name: SettingName): string | null {
  const text = raw[name];
  if (text === null) return null;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw invalid(name, text, 'an http:// or https:// URL');
  return text.replace(/\/+$/, '');
}

export function invalid(name: SettingName, value: string, expected: string) {
  return configErrors.INVALID({ variable: settings[name].env, value, expected });
}
