import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configErrors, invalid, parseBoolean, parseUrl } from './parse-setting.ts';
import { type RawSettings, settings } from './settings.ts';

export type BlobConfig =
  | {
      readonly kind: 'disk';
      readonly path: string;
      /** Folder of what has a key below `artifacts/`, when it has one of its own. */
      readonly artifacts?: string;
    }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      readonly endpoint: string | null;
      readonly region: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly prefix: string;
      /** Whether clients may reach the bucket themselves, by signed URLs. */
      readonly direct?: boolean;
      /** Prefix of what has a key below `artifacts/`, when it has one of its own; `prefix` may lie below it. */
      readonly artifacts?: string;
    };

export interface ArtifactsConfig {
  /** Whether artifacts are sent through this server. */
  readonly serve: boolean;
  /** Whether nothing else of MLflow's API is served. */
  readonly only: boolean;
  /** What the locations of new experiments begin with, no slash at its end: `mlflow-artifacts:`, a URI, or an absolute path. */
  readonly defaultRoot: string;
}

type S3Config = Extract<BlobConfig, { kind: 's3' }>;

/** @throws CONFIG_INVALID, CONFIG_HALF_SET, CONFIG_CONFLICT */
export function parseBlobs(raw: RawSettings, dataDir: string): BlobConfig {
  const destination = raw.artifactsDestination;
  const s3 = parseS3(raw);
  if (destination === null) return s3 ?? { kind: 'disk', path: join(dataDir, 'blobs') };
  const place = parseDestination(destination);
  if (s3 === null && place.kind === 'disk') {
    return { kind: 'disk', path: join(dataDir, 'blobs'), artifacts: place.path };
  }
  if (s3 === null || place.kind === 'disk' || place.bucket !== s3.bucket) {
    const why = s3 === null ? 'the bucket needs its keys' : 'blobs and artifacts are kept in one place';
    throw configErrors.CONFLICT({ one: settings.artifactsDestination.env, other: settings.s3Bucket.env, why });
  }
  // What is not an artifact stays below it, out of reach for names of experiments.
  return { ...s3, artifacts: place.prefix, prefix: raw.s3Prefix || `${place.prefix}.bucle/` };
}

/** @throws CONFIG_INVALID, CONFIG_CONFLICT */
export function parseArtifacts(raw: RawSettings): ArtifactsConfig {
  const serve = parseBoolean(raw, 'serveArtifacts');
  const only = parseBoolean(raw, 'artifactsOnly');
  if (only && !serve) {
    const why = 'such a server would answer nothing';
    throw configErrors.CONFLICT({ one: settings.artifactsOnly.env, other: settings.serveArtifacts.env, why });
  }
  return { serve, only, defaultRoot: parseRoot(raw.defaultArtifactRoot, serve) };
}

function parseRoot(root: string | null, serve: boolean): string {
  if (root === null) return serve ? 'mlflow-artifacts:' : resolve('mlruns');
  const bare = root.replace(/\/+$/, '');
  if (/[?#\n]/.test(root)) throw invalid('defaultArtifactRoot', root, 'a folder or a URI without ? and #');
  return /^[a-z][a-z0-9+.-]+:/i.test(root) ? bare : resolve(root);
}

function parseDestination(
  text: string,
): { readonly kind: 'disk'; readonly path: string } | { kind: 's3'; bucket: string; prefix: string } {
  const [, bucket, folder = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})(?:\/+([^?#]*))?$/i.exec(text) ?? [];
  if (bucket !== undefined) {
    const prefix = folder.replace(/\/+$/, '');
    return { kind: 's3', bucket, prefix: prefix === '' ? '' : `${prefix}/` };
  }
  if (/^file:/i.test(text)) {
    if (!URL.canParse(text) || new URL(text).host !== '') {
      throw invalid('artifactsDestination', text, 'a folder, file:///FOLDER or s3://BUCKET/PREFIX');
    }
    return { kind: 'disk', path: fileURLToPath(text) };
  }
  if (/^[a-z][a-z0-9+.-]+:/i.test(text)) {
    throw invalid('artifactsDestination', text, 'a folder, file:///FOLDER or s3://BUCKET/PREFIX');
  }
  return { kind: 'disk', path: resolve(text) };
}

/** The group of settings of a bucket; the destination of artifacts names the bucket too. */
function parseS3(raw: RawSettings): S3Config | null {
  const named = raw.artifactsDestination === null ? null : parseDestination(raw.artifactsDestination);
  const values = { ...raw, s3Bucket: raw.s3Bucket ?? (named?.kind === 's3' ? named.bucket : null) };
  const group = ['s3Bucket', 's3Region', 's3AccessKeyId', 's3SecretAccessKey'] as const;
  const present = [...group, 's3Endpoint' as const].filter((name) => values[name] !== null);
  if (present.length === 0) return null;
  const { s3Bucket, s3Region, s3AccessKeyId, s3SecretAccessKey } = values;
  if (s3Bucket === null || s3Region === null || s3AccessKeyId === null || s3SecretAccessKey === null) {
    const missing = group.filter((name) => values[name] === null);
    throw configErrors.HALF_SET({
      group: 'S3',
      missing: `${missing.map((name) => settings[name].env).join(', ')} ${missing.length === 1 ? 'is' : 'are'}`,
      present: present.map((name) => (raw[name] === null ? settings.artifactsDestination.env : settings[name].env)),
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
    ...(parseDirect(raw) ? { direct: true } : {}),
  };
}

/** Everybody reaches AWS; another store may be inside of a network where only this server is. */
function parseDirect(raw: RawSettings): boolean {
  return raw.s3Direct === null ? raw.s3Endpoint === null : parseBoolean(raw, 's3Direct');
}
