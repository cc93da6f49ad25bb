import { configErrors, parseConfig } from '../platform/config/config.ts';
import { readSettings, type SettingName, settings } from '../platform/config/settings.ts';
import { defineCommand, UsageError } from './command.ts';
import { startCounting } from './import/progress.ts';
import { showCopy } from './show-copy.ts';
import { storeOptions } from './up/mlflow-options.ts';

export const command = defineCommand({
  summary: 'Copy records to PostgreSQL, and files to S3, with the server stopped; proved by counts and hashes.',
  usage: '[--to-database URL] [--to-s3 s3://BUCKET/PREFIX] [--to-s3-endpoint URL] [--to-s3-region NAME] [--data DIR]',
  options: {
    'to-database': {
      type: 'string',
      value: 'URL',
      meaning: 'Where records go: postgres://… or sqlite:///FILE (BUCLE_TO_DATABASE_URL).',
    },
    'to-s3': {
      type: 'string',
      value: 'URI',
      meaning:
        'Where files go: s3://BUCKET or s3://BUCKET/PREFIX; keys in BUCLE_TO_S3_ACCESS_KEY_ID and BUCLE_TO_S3_SECRET_ACCESS_KEY.',
    },
    'to-s3-endpoint': { type: 'string', value: 'URL', meaning: 'Of an S3-compatible server (BUCLE_TO_S3_ENDPOINT).' },
    'to-s3-region': { type: 'string', value: 'NAME', meaning: 'Region of the bucket (BUCLE_TO_S3_REGION).' },
    'backend-store-uri': storeOptions['backend-store-uri'],
    'artifacts-destination': storeOptions['artifacts-destination'],
  },
  async run({ values }, io) {
    const target = readTarget(values, io.env);
    const { migrateServer } = await import('../keep-data.ts');
    const progress = startCounting(io, 'migrating');
    const onWait = (data: string) => io.note(`A server of another machine or container held ${data}: waiting.`);
    const parts = { progress: progress.add, onWait };
    const report = await migrateServer(io.config, target, parts).finally(progress.end);
    return showCopy(io, report, 'Start the server with the new places; the old ones were not changed.');
  },
});

type Values = Readonly<Partial<Record<'to-database' | 'to-s3' | 'to-s3-endpoint' | 'to-s3-region', string>>>;

/** The target's settings: `BUCLE_TO_X` is for it what BUCLE_X is for a server. */
function readTarget(values: Values, env: Readonly<Record<string, string | undefined>>) {
  const theirs = Object.fromEntries(
    Object.values(settings).map(({ env: name }) => [name, env[name.replace(/^BUCLE_/, 'BUCLE_TO_')]]),
  );
  const s3 = values['to-s3'];
  const [, bucket, prefix = ''] = /^s3:\/\/([^/?#]+)(?:\/+([^?#]*))?$/.exec(s3 ?? '') ?? [];
  if (s3 !== undefined && bucket === undefined)
    throw new UsageError('--to-s3 takes s3://BUCKET or s3://BUCKET/PREFIX.');
  const given: Partial<Record<SettingName, string | undefined>> = {
    databaseUrl: values['to-database'],
    s3Bucket: bucket,
    s3Prefix: prefix === '' ? undefined : `${prefix.replace(/\/+$/, '')}/`,
    s3Endpoint: values['to-s3-endpoint'],
    s3Region: values['to-s3-region'],
  };
  const raw = readSettings(theirs, given);
  const { database, blobs } = parseTarget(raw);
  const target = {
    database: raw.databaseUrl === null ? null : database,
    blobs: blobs.kind === 's3' ? blobs : null,
  };
  if (target.database !== null || target.blobs !== null) return target;
  throw new UsageError('migrate needs --to-database URL, --to-s3 s3://BUCKET/PREFIX, or both.');
}

/** Errors name the variables of the target. */
function parseTarget(raw: Parameters<typeof parseConfig>[0]) {
  try {
    return parseConfig(raw);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'CONFIG_HALF_SET') throw error;
    const { group, missing } = (error as ReturnType<typeof configErrors.HALF_SET>).details;
    throw configErrors.HALF_SET({
      group: String(group),
      missing: String(missing).replaceAll('BUCLE_', 'BUCLE_TO_'),
      present: ['--to-s3'],
    });
  }
}
