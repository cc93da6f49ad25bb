import { resolve } from 'node:path';
import { isLoopback } from '../http/loopback.ts';
import { type AllowEntry, parseAllowEntry } from '../webhooks/allow-list.ts';
import { type ArtifactsConfig, type BlobConfig, parseArtifacts, parseBlobs } from './blob-config.ts';
import { type DatabaseConfig, parseDatabase } from './database-config.ts';
import {
  configErrors,
  invalid,
  parseBoolean,
  parseChoice,
  parseInteger,
  parseList,
  parsePort,
  parseSize,
  parseUrl,
} from './parse-setting.ts';
import type { RawSettings } from './settings.ts';

export type { ArtifactsConfig, BlobConfig, DatabaseConfig };
export { configErrors };

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
  readonly artifacts: ArtifactsConfig;
  /** How long captures are kept on the server. */
  readonly captureDays: number;
  /** Bytes of captures on the server. */
  readonly captureBudget: number;
  /** Bytes of captures that wait on the gateway. */
  readonly captureLogBudget: number;
  /** Patterns of Host headers; `*` stands for any part. */
  readonly allowedHosts: readonly string[];
  /** Patterns of origins whose pages may use this server from a browser. */
  readonly corsOrigins: readonly string[];
  readonly frameOptions: 'SAMEORIGIN' | 'DENY' | 'NONE';
  /** False: Host and Origin are not looked at. */
  readonly frontDoor: boolean;
  /** `''`, or a path like `/mlflow`. */
  readonly staticPrefix: string;
  /** Where webhooks may go although it is not public, or not encrypted. */
  readonly webhookAllow: readonly AllowEntry[];
  readonly insecure: boolean;
  /** Whether callers on loopback need a token too. */
  readonly requireTokens: boolean;
  readonly python: string;
  readonly logLevel: string;
  readonly restartDelayMs: number;
}

/** Step two: strings → a typed union. @throws CONFIG_INVALID, CONFIG_HALF_SET, CONFIG_CONFLICT, CONFIG_UNSUPPORTED_STORE */
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
    artifacts: parseArtifacts(raw),
    captureDays: parseInteger(raw, 'captureDays', 1, 36_500),
    captureBudget: parseSize(raw, 'captureBudget'),
    captureLogBudget: parseSize(raw, 'captureLogBudget'),
    allowedHosts: parseList(raw.allowedHosts),
    corsOrigins: parseOrigins(raw),
    frameOptions: parseChoice(raw, 'frameOptions', ['SAMEORIGIN', 'DENY', 'NONE']),
    frontDoor: parseBoolean(raw, 'frontDoor'),
    staticPrefix: parsePrefix(raw),
    webhookAllow: parseList(raw.webhookAllow).map((text) => {
      const entry = parseAllowEntry(text);
      if (entry === null) throw invalid('webhookAllow', text, 'a list of hosts and of networks like 10.1.0.0/16');
      return entry;
    }),
    insecure: parseBoolean(raw, 'insecure'),
    requireTokens: parseBoolean(raw, 'requireTokens'),
    python: raw.python ?? 'python3',
    logLevel: parseChoice(raw, 'logLevel', ['silent', 'error', 'warn', 'info', 'debug', 'trace']),
    restartDelayMs: parseInteger(raw, 'restartDelay', 0, 3_600_000),
  };
}

function parseOrigins(raw: RawSettings): string[] {
  return parseList(raw.corsOrigins).map((text) => {
    const origin = text.replace(/\/$/, '').toLowerCase();
    if (origin !== '*' && !/^(https?|\*):\/\/[^/?#\s]+$/.test(origin)) {
      throw invalid('corsOrigins', text, 'a list of origins like https://app.example.org');
    }
    return origin;
  });
}

function parsePrefix(raw: RawSettings): string {
  const text = raw.staticPrefix ?? '';
  if (text === '' || /^(\/[\w.~-]+)+$/.test(text)) {
    if (!text.split('/').some((part) => part === '.' || part === '..')) return text;
  }
  throw invalid('staticPrefix', text, 'a path like /mlflow: a slash at its start and none at its end');
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
