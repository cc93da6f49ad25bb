import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from './config.ts';
import { readSettings } from './settings.ts';

const parse = (env: Record<string, string>) => parseConfig(readSettings(env));

function catchError(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was refused.');
}

describe('the configuration', () => {
  test('with nothing set everything is local: loopback, SQLite and disk in one folder', () => {
    const config = parse({ BUCLE_DATA: '/var/bucle' });
    expect(config).toMatchObject({
      dataDir: '/var/bucle',
      host: '127.0.0.1',
      port: 7070,
      gatewayPort: 7071,
      serverUrl: 'http://127.0.0.1:7070',
      gatewayUrl: 'http://127.0.0.1:7071',
      database: { kind: 'sqlite', path: '/var/bucle/bucle.db' },
      blobs: { kind: 'disk', path: '/var/bucle/blobs' },
      insecure: false,
    });
  });

  test('a whole S3 group becomes one value', () => {
    const config = parse({
      BUCLE_S3_BUCKET: 'b',
      BUCLE_S3_REGION: 'eu-west-1',
      BUCLE_S3_ACCESS_KEY_ID: 'id',
      BUCLE_S3_SECRET_ACCESS_KEY: 'secret',
      BUCLE_S3_ENDPOINT: 'http://127.0.0.1:9000/',
    });
    expect(config.blobs).toEqual({
      kind: 's3',
      bucket: 'b',
      region: 'eu-west-1',
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      endpoint: 'http://127.0.0.1:9000',
      prefix: '',
    });
  });

  test('a half-set S3 group stops the start and names what is missing', () => {
    expect(() => parse({ BUCLE_S3_BUCKET: 'b', BUCLE_S3_REGION: 'r' })).toThrow(
      'The group S3 is only half set: BUCLE_S3_ACCESS_KEY_ID, BUCLE_S3_SECRET_ACCESS_KEY are missing.',
    );
    expect(() => parse({ BUCLE_S3_ENDPOINT: 'http://127.0.0.1:9000' })).toThrow('BUCLE_S3_BUCKET');
  });

  test.each([
    [{ BUCLE_PORT: '70700' }, 'BUCLE_PORT is 70700, but it must be a whole number from 0 to 65535.'],
    [{ BUCLE_PORT: 'http' }, 'BUCLE_PORT is http'],
    [
      { BUCLE_DATABASE_URL: 'postgres:u:secret@x' },
      'BUCLE_DATABASE_URL is (not shown, it may hold a password), but it must be',
    ],
    [{ BUCLE_INSECURE: 'yes' }, 'BUCLE_INSECURE is yes, but it must be one of true, false.'],
    [{ BUCLE_URL: 'localhost:7070' }, 'BUCLE_URL is localhost:7070'],
    [{ BUCLE_WEBHOOK_ALLOW: 'hooks.internal, 10.0.0.0/33' }, 'BUCLE_WEBHOOK_ALLOW is 10.0.0.0/33'],
  ])('a wrong value %j is refused by name', (env, message) => {
    expect(() => parse(env as Record<string, string>)).toThrow(message);
  });

  test.each([
    ['sqlite:///mlflow.db', { kind: 'sqlite', path: resolve('mlflow.db') }],
    ['sqlite:////var/lib/ml.db', { kind: 'sqlite', path: '/var/lib/ml.db' }],
    ['sqlite+pysqlite:///ml.db', { kind: 'sqlite', path: resolve('ml.db') }],
    [
      'postgresql+psycopg2://u:p%40@db:5432/ml?sslmode=require',
      { url: 'postgresql://u:p%40@db:5432/ml?sslmode=require' },
    ],
    ['postgresql://u:p@db/ml', { kind: 'postgres', url: 'postgresql://u:p@db/ml' }],
  ])('the store %s is written as MLflow writes it', (text, database) => {
    expect(parse({ BUCLE_DATABASE_URL: text }).database).toMatchObject(database);
  });

  test.each([
    ['mysql+pymysql://u:secret@x/y', 'a MySQL database'],
    ['mssql+pyodbc://u:secret@x', 'a Microsoft SQL Server database'],
    ['file:///home/ml/mlruns', 'a folder of files (mlruns)'],
    ['./mlruns', 'a folder of files (mlruns)'],
    ['http://127.0.0.1:5000', 'another server'],
  ])('the store %s is refused, and the import named', (text, store) => {
    const refused = catchError(() => parse({ BUCLE_DATABASE_URL: text }));
    expect(refused).toMatchObject({
      code: 'CONFIG_UNSUPPORTED_STORE',
      message: expect.stringContaining(store),
      next: expect.stringContaining('bucle import mlflow SOURCE'),
    });
    expect(refused.message).not.toContain('secret');
  });

  test.each(['sqlite://', 'sqlite:///', 'sqlite:///:memory:', 'sqlite:mlflow.db', 'sqlite:///a?mode=ro'])(
    'the SQLite store %s names no file, and is refused',
    (text) => {
      expect(() => parse({ BUCLE_DATABASE_URL: text })).toThrow('sqlite:///FILE');
    },
  );

  test('artifacts may have a folder of their own, in MLflow’s layout, beside the other blobs', () => {
    const blobs = (text: string) => parse({ BUCLE_DATA: '/d', BUCLE_ARTIFACTS_DESTINATION: text }).blobs;
    expect(blobs('/srv/mlartifacts/')).toEqual({ kind: 'disk', path: '/d/blobs', artifacts: '/srv/mlartifacts' });
    expect(blobs('file:///srv/a%20b')).toMatchObject({ artifacts: '/srv/a b' });
    expect(blobs('./mlartifacts')).toMatchObject({ artifacts: resolve('mlartifacts') });
    expect(() => blobs('gs://bucket/x')).toThrow('BUCLE_ARTIFACTS_DESTINATION is gs://bucket/x');
  });

  test('a bucket for artifacts takes the keys of the S3 group, and keeps other blobs out of their way', () => {
    const keys = { BUCLE_S3_REGION: 'r', BUCLE_S3_ACCESS_KEY_ID: 'id', BUCLE_S3_SECRET_ACCESS_KEY: 's' };
    expect(parse({ ...keys, BUCLE_ARTIFACTS_DESTINATION: 's3://mlb/team/ml/' }).blobs).toMatchObject({
      ...{ kind: 's3', bucket: 'mlb', prefix: 'team/ml/.bucle/', artifacts: 'team/ml/' },
    });
    expect(parse({ ...keys, BUCLE_ARTIFACTS_DESTINATION: 's3://mlb' }).blobs).toMatchObject({
      ...{ prefix: '.bucle/', artifacts: '' },
    });
    expect(() => parse({ BUCLE_ARTIFACTS_DESTINATION: 's3://mlb' })).toThrow('BUCLE_S3_REGION');
    expect(() => parse({ ...keys, BUCLE_S3_BUCKET: 'c', BUCLE_ARTIFACTS_DESTINATION: 's3://mlb' })).toThrow(
      'contradict each other',
    );
  });

  test('new experiments point at the proxy, at the root that was named, or at ./mlruns without a proxy', () => {
    const root = (env: Record<string, string>) => parse(env).artifacts.defaultRoot;
    expect(root({})).toBe('mlflow-artifacts:');
    expect(root({ BUCLE_DEFAULT_ARTIFACT_ROOT: 'mlflow-artifacts:/' })).toBe('mlflow-artifacts:');
    expect(root({ BUCLE_DEFAULT_ARTIFACT_ROOT: 's3://b/x/' })).toBe('s3://b/x');
    expect(root({ BUCLE_DEFAULT_ARTIFACT_ROOT: './here' })).toBe(resolve('here'));
    expect(root({ BUCLE_SERVE_ARTIFACTS: 'false' })).toBe(resolve('mlruns'));
    expect(() => parse({ BUCLE_SERVE_ARTIFACTS: 'false', BUCLE_ARTIFACTS_ONLY: 'true' })).toThrow('contradict');
  });

  test.each(['mlflow', '/mlflow/', '/', '/a/../b', '/a{b}', '//x'])('%s is no prefix', (prefix) => {
    expect(() => parse({ BUCLE_STATIC_PREFIX: prefix })).toThrow('a path like /mlflow');
  });

  test('a server on all addresses is reached from its own machine over loopback', () => {
    expect(parse({ BUCLE_HOST: '0.0.0.0', BUCLE_PORT: '80' }).serverUrl).toBe('http://127.0.0.1:80');
  });
});
