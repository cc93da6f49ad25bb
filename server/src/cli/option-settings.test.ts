import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../platform/config/config.ts';
import { readSettings } from '../platform/config/settings.ts';
import type { Option } from './command.ts';
import { joinDashes, optionSettings, withEnvFile } from './option-settings.ts';
import { noteAccepted, refuseUnfit, rewriteHost } from './up/mlflow-notes.ts';
import { acceptedOptions, securityOptions, storeOptions } from './up/mlflow-options.ts';
import { settingsEnvironment } from './up/places.ts';
import { roleOptions } from './up/role-options.ts';

const options: Readonly<Record<string, Option>> = {
  ...{ ...roleOptions, ...storeOptions, ...securityOptions, ...acceptedOptions },
};
const given = (said: Record<string, string | boolean>, env: Record<string, string> = {}) =>
  optionSettings(options, said, env);

describe('the flags of `mlflow server`', () => {
  test('become settings, and its variables do where neither a flag nor a variable of ours says something', () => {
    const env = { MLFLOW_PORT: '5000', MLFLOW_HOST: '127.0.0.2', BUCLE_HOST: '127.0.0.3' };
    expect(given({ port: '5001' }, env)).toEqual({ port: '5001' });
    expect(given({}, env)).toEqual({ port: '5000' });
    expect(given({}, { MLFLOW_BACKEND_STORE_URI: 'sqlite:///x.db', MLFLOW_STATIC_PREFIX: '/ml' })).toEqual({
      ...{ databaseUrl: 'sqlite:///x.db', staticPrefix: '/ml' },
    });
  });

  test('that are switches are read from variables as Python reads them', () => {
    expect(given({}, { MLFLOW_SERVE_ARTIFACTS: 'False' })).toEqual({ serveArtifacts: 'false' });
    expect(given({}, { MLFLOW_ARTIFACTS_ONLY: '1' })).toEqual({ artifactsOnly: 'true' });
    expect(given({}, { MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE: 'true' })).toEqual({ frontDoor: 'false' });
    expect(given({ 'no-serve-artifacts': true }, { MLFLOW_SERVE_ARTIFACTS: 'true' })).toEqual({
      serveArtifacts: 'false',
    });
    expect(given({ dev: true })).toEqual({ logLevel: 'debug' });
  });

  test('that name a bucket find its keys where MLflow looks for them, and only then', () => {
    const env = {
      ...{ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_DEFAULT_REGION: 'eu-west-1' },
      MLFLOW_S3_ENDPOINT_URL: 'http://127.0.0.1:9000',
    };
    expect(given({}, env)).toEqual({});
    expect(given({ 'artifacts-destination': 's3://ml-bucket/x' }, env)).toEqual({
      ...{ artifactsDestination: 's3://ml-bucket/x', s3AccessKeyId: 'id', s3SecretAccessKey: 'secret' },
      ...{ s3Region: 'eu-west-1', s3Endpoint: 'http://127.0.0.1:9000' },
    });
  });

  test('keep a value that begins with a dash', () => {
    expect(joinDashes(['--gunicorn-opts', '--timeout 60', '--port', '1'], options)).toEqual([
      ...['--gunicorn-opts=--timeout 60', '--port', '1'],
    ]);
  });

  test('-h is the host where an address follows, else the help', () => {
    expect(rewriteHost(['-h', '0.0.0.0', '-p', '5000'])).toEqual(['--host', '0.0.0.0', '-p', '5000']);
    expect(rewriteHost(['-h0.0.0.0'])).toEqual(['--host=0.0.0.0']);
    expect(rewriteHost(['--help', '-h'])).toEqual(['--help', '-h']);
  });

  test('that have no effect are named, and only they', () => {
    const notes: string[] = [];
    noteAccepted({ workers: '4', port: '5000', 'gunicorn-opts': '--timeout 60' }, (line) => notes.push(line));
    expect(notes).toEqual([
      'note: --workers is taken and has no effect: one process answers all requests.',
      'note: --gunicorn-opts is taken and has no effect: there is no gunicorn here.',
    ]);
  });

  test.each([
    [{ 'registry-store-uri': 'sqlite:///other.db', 'backend-store-uri': 'sqlite:///x.db' }, '--registry-store-uri'],
    [{ 'registry-store-uri': 'sqlite:///other.db' }, 'bucle import mlflow'],
    [{ 'app-name': 'corp-auth' }, '--app-name corp-auth'],
    [{ 'enable-workspaces': true }, 'no workspaces'],
    [{ 'gunicorn-opts': '--keyfile a --certfile b' }, 'TLS'],
    [{ 'serve-artifacts': true, 'no-serve-artifacts': true }, 'exclude each other'],
  ])('%j would start another server than was meant, and is refused', (said, message) => {
    expect(() => refuseUnfit(said, {})).toThrow(message);
  });

  test('may name the same registry twice', () => {
    refuseUnfit({ 'registry-store-uri': 'sqlite:///x.db', 'backend-store-uri': 'sqlite:///x.db' }, {});
    refuseUnfit({ 'registry-store-uri': 'sqlite:///x.db' }, { MLFLOW_BACKEND_STORE_URI: 'sqlite:///x.db' });
  });

  test('come to the process that serves as they were said, with absolute paths', () => {
    const said = {
      ...{ 'backend-store-uri': 'sqlite:///ml.db', 'artifacts-destination': './mlartifacts', 'static-prefix': '/ml' },
      ...{ 'no-serve-artifacts': true, 'default-artifact-root': './root', 'cors-allowed-origins': 'https://a.example' },
      ...{ 'disable-security-middleware': true, 'x-frame-options': 'DENY', 'require-tokens': true },
    };
    const config = parseConfig(readSettings({}, given(said)));
    expect(parseConfig(readSettings(settingsEnvironment(config, {})))).toEqual(config);
    const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
    const bucket = parseConfig(readSettings(env, given({ 'artifacts-destination': 's3://ml-bucket/x' }, env)));
    expect(parseConfig(readSettings(settingsEnvironment(bucket, env)))).toEqual(bucket);
  });

  test('find variables in a file, and do not let it change those that are set', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bucle-env-'));
    await writeFile(join(folder, 'server.env'), 'MLFLOW_PORT=5005\nMLFLOW_HOST="127.0.0.9"\n');
    expect(withEnvFile({ MLFLOW_PORT: '1' }, join(folder, 'server.env'))).toEqual({
      ...{ MLFLOW_PORT: '1', MLFLOW_HOST: '127.0.0.9' },
    });
    expect(() => withEnvFile({}, join(folder, 'none'))).toThrow('--env-file');
    await rm(folder, { recursive: true });
  });
});
