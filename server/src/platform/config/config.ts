import { join, resolve } from 'node:path';
import { defineErrors } from '../errors.ts';
import { isLoopback } from '../http/loopback.ts';
import { type AllowEntry, parseAllowEntry } from '../webhooks/allow-list.ts';
import { type RawSettings, type SettingName, settings } from './settings.ts';

export type DatabaseConfig =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string };

export type BlobConfig =
  | { readonly kind: 'disk'; readonly path: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      readonly endpoint: string | null;
      readonly region: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly prefix: string;
    };

export interface Config {
  /** Absolute. */
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly gatewayPort: number;
  readonly serverUrl: string;
  readonly gatewayUrl: string;
  readonly token: string | null;
  readonly database: DatabaseConfig;
  readonly blobs: BlobConfig;
  /** How long captures are kept on the server. */
  readonly captureDays: number;
  /** Bytes of captures on the server. */
  readonly captureBudget: number;
  /** Bytes of captures that wait on the gateway. */
  readonly captureLogBudget: number;
  readonly allowedHosts: readonly string[];
  /** Where webhooks may go although it is not public, or not encrypted. */
  readonly webhookAllow: readonly AllowEntry[];
  readonly insecure: boolean;
  readonly python: string;
  readonly logLevel: string;
  readonly restartDelayMs: number;
}

export const configErrors = defineErrors('CONFIG', {
  INVALID: { status: 400, message: '{variable} is {value}, but it must be {expected}.' },
  HALF_SET: {
    status: 400,
    message: 'The group {group} is only half set: {missing} missing.',
    next: 'Set what is missing, or unset {present}.',
  },
});

/** Step two: strings → a typed union. @throws CONFIG_INVALID, CONFIG_HALF_SET */
export function parseConfig(raw: RawSettings): Config {
  const dataDir = resolve(raw.data ?? '.bucle');
  const host = raw.host ?? '127.0.0.1';
  const port = parsePort(raw, 'port');
  const gatewayPort = parsePort(raw, 'gatewayPort');
  const reachable = isLoopback(host) || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return {
    dataDir,
    host,
    port,
    gatewayPort,
    serverUrl: parseUrl(raw, 'serverUrl') ?? `http://${bracketed(reachable)}:${port}`,
    gatewayUrl: parseUrl(raw, 'gatewayUrl') ?? `http://${bracketed(reachable)}:${gatewayPort}`,
    token: raw.token,
    database: parseDatabase(raw, dataDir),
    blobs: parseBlobs(raw, dataDir),
    captureDays: parseInteger(raw, 'captureDays', 1, 36_500),
    captureBudget: parseSize(raw, 'captureBudget'),
    captureLogBudget: parseSize(raw, 'captureLogBudget'),
    allowedHosts: parseList(raw.allowedHosts),
    webhookAllow: parseList(raw.webhookAllow).map((text) => {
      const entry = parseAllowEntry(text);
      if (entry === null) throw invalid('webhookAllow', text, 'a list of hosts and of networks like 10.1.0.0/16');
      return entry;
    }),
    insecure: parseBoolean(raw, 'insecure'),
    python: raw.python ?? 'python3',
    logLevel: parseChoice(raw, 'logLevel', ['silent', 'error', 'warn', 'info', 'debug', 'trace']),
    restartDelayMs: parseInteger(raw, 'restartDelay', 0, 3_600_000),
  };
}

function parseDatabase(raw: RawSettings, dataDir: string): DatabaseConfig {
  if (raw.databaseUrl === null) return { kind: 'sqlite', path: join(dataDir, 'bucle.db') };
  if (!/^postgres(ql)?:\/\//.test(raw.databaseUrl))
    throw invalid('databaseUrl', '(not shown, it may hold a password)', 'a postgres:// URL');
  return { kind: 'postgres', url: raw.databaseUrl };
}

function parseBlobs(raw: RawSettings, dataDir: string): BlobConfig {
  const group = ['s3Bucket', 's3Region', 's3AccessKeyId', 's3SecretAccessKey'] as const;
  const present = [...group, 's3Endpoint' as const].filter((name) => raw[name] !== null);
  if (present.length === 0) return { kind: 'disk', path: join(dataDir, 'blobs') };
  const { s3Bucket, s3Region, s3AccessKeyId, s3SecretAccessKey } = raw;
  if (s3Bucket === null || s3Region === null || s3AccessKeyId === null || s3SecretAccessKey === null) {
    const missing = group.filter((name) => raw[name] === null);
    throw configErrors.HALF_SET({
      group: 'S3',
      missing: `${missing.map((name) => settings[name].env).join(', ')} ${missing.length === 1 ? 'is' : 'are'}`,
      present: present.map((name) => settings[name].env),
    });
  }
  return {
    kind: 's3',
    bucket: s3Bucket,
    endpoint: parseUrl(raw, 's3Endpoint'),
    region: s3Region,
    accessKeyId: s3AccessKeyId,
    secretAccessKey: s3SecretAccessKey,
    prefix: raw.s3Prefix ?? '',
  };
}

function parseList(text: string | null): string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function parsePort(raw: RawSettings, name: SettingName): number {
  return parseInteger(raw, name, 0, 65_535);
}

function parseInteger(raw: RawSettings, name: SettingName, least: number, most: number): number {
  const text = raw[name] ?? '';
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw invalid(name, text, `a whole number from ${least} to ${most}`);
  }
  return value;
}

const UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

function parseSize(raw: RawSettings, name: SettingName): number {
  const text = raw[name] ?? '';
  const [, number = '', unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?) ?(MB|GB|TB)$/i.exec(text) ?? [];
  const bytes = Number(number) * (UNITS[unit.toUpperCase()] ?? 0);
  if (bytes < 1e6) throw invalid(name, text, 'a size of at least 1MB, like 500MB, 20GB or 1.5TB');
  return Math.round(bytes);
}

function parseBoolean(raw: RawSettings, name: SettingName): boolean {
  return parseChoice(raw, name, ['true', 'false']) === 'true';
}

function parseChoice(raw: RawSettings, name: SettingName, choices: readonly string[]): string {
  const text = raw[name] ?? '';
  if (!choices.includes(text)) throw invalid(name, text, `one of ${choices.join(', ')}`);
  return text;
}

function parseUrl(raw: RawSettings, name: SettingName): string | null {
  const text = raw[name];
  if (text === null) return null;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw invalid(name, text, 'an http:// or https:// URL');
  return text.replace(/\/+$/, '');
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function invalid(name: SettingName, value: string, expected: string) {
  return configErrors.INVALID({ variable: settings[name].env, value, expected });
}
