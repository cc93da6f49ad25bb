import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli } from '../../../test/cli.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { makeCapture } from '../../loop/serve/capture/capture.fixture.ts';
import { handCaptures } from '../../loop/serve/captures.fixture.ts';

let app: TestApp;

beforeEach(async () => {
  app = await testApp({ background: false });
});

afterEach(() => app[Symbol.asyncDispose]());

const bucle = (...words: string[]) => cli([...words, '--url', app.baseUrl]);

describe('bucle predictions', () => {
  test('ls shows the newest first with what went in and what came out, and how to go on', async () => {
    const captures = Array.from({ length: 3 }, (_, at) => makeCapture({ outputs: [at / 10], rows: [['UA', at]] }));
    await handCaptures(app.client).send(0, captures);
    const { code, stdout, stderr } = await bucle('predictions', 'ls', 'flights', '--limit', '2');
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'id\treceived\tversion\trows\toutput\tfeatures',
        `${captures[2]?.id}\t1970-01-01 00:00:01.000\tflights/1\t1\t0.2\tcarrier=UA distance=2`,
        `${captures[1]?.id}\t1970-01-01 00:00:01.000\tflights/1\t1\t0.1\tcarrier=UA distance=1`,
        '',
      ].join('\n'),
    );
    expect(stderr).toBe(`Older ones: bucle predictions ls flights --before ${captures[1]?.id}\n`);
    const older = await bucle('predictions', 'ls', 'flights', '--before', captures[1]?.id ?? '', '--json');
    expect(JSON.parse(older.stdout)).toMatchObject({ predictions: [{ id: captures[0]?.id }], next: null });
  });

  test('ls of an endpoint without predictions, or of none, says so', async () => {
    await app.client.request('POST', '/api/v1/endpoints', { json: { name: 'idle' } });
    expect(await bucle('predictions', 'ls', 'idle')).toEqual({
      ...{ code: 0, stdout: '', stderr: 'Nothing was captured of idle yet.\n' },
    });
    expect(await bucle('predictions', 'ls', 'nope')).toMatchObject({ code: 5 });
    expect((await bucle('predictions', 'ls', 'idle', '--limit', '201')).code).toBe(2);
  });

  test('show tells who answered and when, and each row', async () => {
    const capture = makeCapture({ caller: 'ana' });
    await handCaptures(app.client).send(0, [capture]);
    const { stdout, stderr } = await bucle('predictions', 'show', `${capture.id}.1`);
    expect(stdout.split('\n')).toEqual([
      `prediction  prediction:${capture.id}`,
      'endpoint    endpoint:flights',
      'deployment  deployment:d-1',
      'version     version:flights/1',
      'received    1970-01-01 00:00:01.000',
      'event time  1970-01-01 00:00:02.000',
      'asked by    ana, protocol mlflow',
      'took        12 µs in the queue, 345 µs in the model',
      '',
      'row\toutput\tfeatures',
      '1\t0.75\tcarrier=Iberia · ñ distance=NaN',
      '',
    ]);
    expect(stderr).toBe(`Where it came from: bucle lineage prediction:${capture.id}.1\n`);
  });

  test('show of what was not captured says where it may be', async () => {
    const { code, stderr } = await bucle('predictions', 'show', '01936b2c-0000-7000-8000-000000000000');
    expect(code).toBe(5);
    expect(stderr).toContain('the gateway may still hold it');
  });

  test('erase needs --yes, and tells what is gone', async () => {
    await using running = await testApp();
    const captures = [makeCapture({ key: 'ana' }), makeCapture({ key: 'bea' })];
    await handCaptures(running.client).send(0, captures);
    const erase = (...words: string[]) =>
      cli(['predictions', 'erase', '--endpoint', 'flights', '--key', 'ana', ...words, '--url', running.baseUrl]);
    const refused = await erase();
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('say --yes') });
    expect((await bucle('predictions', 'erase', '--yes')).code).toBe(2);
    expect(await erase('--yes')).toEqual({
      ...{ code: 0, stdout: '' },
      stderr: 'Erased 2 predictions of flights; 1 batches were looked through.\n',
    });
    expect(JSON.parse((await erase('--yes', '--json')).stdout)).toMatchObject({ state: 'done', predictions: 0 });
    expect((await cli(['predictions', 'ls', 'flights', '--url', running.baseUrl])).stdout).not.toContain(
      captures[0]?.id,
    );
  });
});
