import { describe, expect, test } from 'vitest';
import { parseConfig } from './config.ts';
import { readSettings } from './settings.ts';

const parse = (env: Record<string, string>) => parseConfig(readSettings(env));

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
      { BUCLE_DATABASE_URL: 'mysql://u:secret@x' },
      'BUCLE_DATABASE_URL is (not shown, it may hold a password), but it must be a postgres:// URL.',
    ],
    [{ BUCLE_INSECURE: 'yes' }, 'BUCLE_INSECURE is yes, but it must be one of true, false.'],
    [{ BUCLE_URL: 'localhost:7070' }, 'BUCLE_URL is localhost:7070'],
    [{ BUCLE_WEBHOOK_ALLOW: 'hooks.internal, 10.0.0.0/33' }, 'BUCLE_WEBHOOK_ALLOW is 10.0.0.0/33'],
  ])('a wrong value %j is refused by name', (env, message) => {
    expect(() => parse(env as Record<string, string>)).toThrow(message);
  });

  test('a server on all addresses is reached from its own machine over loopback', () => {
    expect(parse({ BUCLE_HOST: '0.0.0.0', BUCLE_PORT: '80' }).serverUrl).toBe('http://127.0.0.1:80');
  });
});
