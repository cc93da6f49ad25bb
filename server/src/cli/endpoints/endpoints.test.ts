import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliOptions, cli } from '../../../test/cli.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { decisionStage, folderSource, makeTiny } from '../../loop/deploy/model-source.fixture.ts';
import { createDeployStage } from '../../loop/deploy/stage.ts';
import { type EndpointView, handGateway, parityReport, untilState } from '../../loop/deploy/test-gateway.fixture.ts';

describe('endpoints on the command line', () => {
  let root = '';
  let t: TestApp;
  let gateway: ReturnType<typeof handGateway>;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'bucle-models-'));
    for (const id of ['tiny.1', 'tiny.2', 'tiny.3']) await makeTiny(root, id);
    t = await testApp({ stages: [decisionStage, createDeployStage(folderSource(root))] });
    gateway = handGateway(t.client);
  });
  afterAll(async () => {
    await t[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  const bucle = (words: readonly string[], options: CliOptions = {}) =>
    cli(['endpoints', ...words, '--url', t.baseUrl], options);
  const endpoint = (name: string) => t.client.request<EndpointView>('GET', `/api/v1/endpoints/${name}`);
  /** The newest deployment, once gateways may fetch it. */
  const published = async (name: string) => {
    const state = async () => (await endpoint(name).catch(() => null))?.deployments[0]?.state;
    await expect.poll(state, { timeout: 60_000 }).toBe('published');
    const [deployment] = (await endpoint(name)).deployments;
    if (!deployment) throw new Error(`${name} has no deployment.`);
    return deployment;
  };
  const makeReady = async (name: string, version: string) => {
    const accepted = await bucle(['deploy', name, version, '--no-wait']);
    const deployment = { id: accepted.stdout.trim(), endpoint: name };
    await untilState(t.client, deployment, ['published']);
    await gateway.report(deployment, { state: 'ready', engine: 'python', parity: parityReport() });
    return deployment.id;
  };

  test('deploy follows every step, then tells engine, verdict and a line to copy; stdout is the address alone', async () => {
    const declared = ['--prediction', 'probability', '--column', '1', '--threshold', '0.5'];
    const time = ['--event-time-header', 'x-event-time', '--key', 'flight'];
    let told = '';
    const deploying = bucle(['deploy', 'one', 'tiny/1', ...declared, ...time], {
      onStderr: (text) => {
        told += text;
      },
    });
    const deployment = await published('one');
    await gateway.report(deployment, { state: 'preparing', reason: 'installing scikit-learn' });
    await expect.poll(() => told, { timeout: 60_000 }).toContain('verifying: installing scikit-learn\n');
    const parity = parityReport({ max_difference: 1.23456e-7, golden: { ...parityReport().golden, rows: 1200 } });
    const ready = { state: 'ready', engine: 'python', reason: 'the converter knows no lightgbm', parity } as const;
    await gateway.report(deployment, ready);
    await gateway.report(deployment, { ...ready, traffic: 100 });
    const { code, stdout, stderr } = await deploying;
    expect(code).toBe(0);
    expect(stdout).toBe('http://127.0.0.1:7999/endpoints/one/invocations\n');
    expect(stderr.split('\n').filter((line) => /^(verifying|ready)/.test(line))).toEqual([
      'verifying: installing scikit-learn',
      'ready',
    ]);
    expect(stderr).toContain(`tiny/1 is ready as ${deployment.id}.`);
    expect(stderr).toContain('  engine   Python worker\n  not ONNX the converter knows no lightgbm\n');
    expect(stderr).toContain(
      'parity   passed with python: 1,200 rows of 1 requests, largest difference 1.23e-7, 0 label flips (recorded in the job)',
    );
    expect(stderr).toContain('  traffic  tiny/1 100 %\n');
    expect(stderr).toContain("curl -s http://127.0.0.1:7999/endpoints/one/invocations -H 'content-type:");
    expect(await endpoint('one')).toMatchObject({
      prediction: { kind: 'probability', column: '1', threshold: 0.5 },
      event_time: { header: 'x-event-time', feature: null },
      key: 'flight',
    });
  });

  test('a refusal of the parity gate exits with 3 and names the row, by how much, the cause and the next step', async () => {
    const deploying = bucle(['deploy', 'two', 'tiny/2']);
    const deployment = await published('two');
    const parity = parityReport({
      passed: false,
      label_flips: 1,
      max_difference: 0.4,
      first: {
        ...{ check: 'one-by-one', request: 'sample', row: 7, output: '1' },
        ...{ expected: '0.7', got: '0.3', difference: 0.4 },
      },
      cause: 'The columns distance and hour are swapped.',
    });
    await gateway.report(deployment, { state: 'failed', engine: 'python', reason: 'Row 7 of sample differs.', parity });
    const { code, stdout, stderr } = await deploying;
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr.slice(stderr.indexOf('error:')).split('\n')).toEqual([
      'error: The parity gate refused tiny/2: Row 7 of sample differs.',
      '  row      7 of golden request sample, output 1 (sent one-by-one)',
      '           expected 0.7, got 0.3, which differs by 0.4',
      '  cause    The columns distance and hour are swapped.',
      '  compared FAILED with python: 3 rows of 1 requests, largest difference 0.4, 1 label flips (recorded in the job)',
      expect.stringMatching(/^ {2}next: Likely cause: .*deploy again/),
      '',
    ]);
  });

  test('another failure exits with 1, a limit of time with 8, a version that is not there with 5', async () => {
    const onnx = await bucle(['deploy', 'three', 'tiny/1', '--engine', 'onnx']);
    expect(onnx).toMatchObject({ code: 1, stdout: '' });
    expect(onnx.stderr).toContain('error: tiny/1 failed (conversion): The engine onnx was insisted on');
    expect(onnx.stderr).toContain('  next: Deploy with --engine auto');
    const slow = await bucle(['deploy', 'three', 'tiny/1', '--timeout', '0.5']);
    expect(slow).toMatchObject({ code: 8, stdout: '' });
    expect(slow.stderr).toContain('It goes on by itself; see `bucle endpoints show three`.');
    expect((await bucle(['deploy', 'three', 'tiny/9'])).code).toBe(5);
  });

  test.each([
    [['deploy', 'x'], 'endpoints deploy needs NAME and MODEL/VERSION'],
    [
      ['deploy', 'x', 'tiny/1', '--engine', 'tensorrt'],
      '--engine is tensorrt, but it must be one of auto, onnx, python',
    ],
    [['deploy', 'x', 'tiny/1', '--traffic', 'half'], '--traffic is half'],
    [['deploy', 'x', 'tiny/1', '--column', '1'], '--column and --threshold need --prediction'],
    [['deploy', 'x', 'tiny/1', '--prediction', 'logit'], '--prediction is logit'],
    [['deploy', 'x', 'tiny/1', '--prediction', 'class', '--threshold', 'a'], '--threshold is a'],
    [['traffic', 'x'], 'endpoints traffic needs NAME and DEPLOYMENT=PERCENT'],
    [['predict', 'x'], 'endpoints predict needs NAME and --input'],
  ])('%j is a matter of usage, and reaches no server', async (words, message) => {
    const { code, stderr } = await cli(['endpoints', ...words, '--url', 'http://127.0.0.1:1']);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('traffic moves between versions in one step and shows before and after; then the idle one retires', async () => {
    const first = await makeReady('split', 'tiny/1');
    const second = await makeReady('split', 'tiny/2');
    const moved = await bucle(['traffic', 'split', 'tiny/1=90', `${second.slice(-12)}=10`]);
    expect(moved).toEqual({ code: 0, stdout: 'tiny/1 90 %, tiny/2 10 %\n', stderr: 'before: tiny/1 100 %\n' });
    expect((await endpoint('split')).traffic).toEqual({ [first]: 90, [second]: 10 });
    const wrong = await bucle(['traffic', 'split', '1=50', '2=40']);
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('the shares sum to 90, not to 100') });
    const unknown = await bucle(['traffic', 'split', 'tiny/3=100']);
    expect(unknown).toMatchObject({ code: 5, stderr: expect.stringContaining('split has no deployment tiny/3.') });
    expect((await bucle(['retire', 'split', 'tiny/1'])).code).toBe(6);
    const refused = await bucle(['traffic', 'split', '2=100']);
    expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining('that is a promotion') });
    expect(refused.stderr).toContain('--reason TEXT');
    expect((await bucle(['traffic', 'split', '2=100', '--reason', 'a test'])).stdout).toBe('tiny/2 100 %\n');
    expect((await bucle(['retire', 'split', first])).stderr).toBe(`Retired ${first} (tiny/1).\n`);
    const again = await makeReady('split', 'tiny/1');
    expect((await bucle(['retire', 'split', 'tiny/1'])).stderr).toContain(again);
  });

  test('ls and show tell what answers; a terminal gets short ids, a pipe whole ones', async () => {
    const id = await makeReady('shown', 'tiny/1');
    const listed = await bucle(['ls']);
    expect(listed.stdout).toContain('shown\ttiny/1 100 %\t–\thttp://127.0.0.1:7999/endpoints/shown/invocations\n');
    const piped = await bucle(['show', 'shown']);
    expect(piped.stdout).toContain(`${id}\ttiny/1\tready\t100 %, stable\t0 %\tpython\tpassed, 3 rows\t`);
    expect((await bucle(['show', 'shown'], { isTTY: true })).stdout).toContain(`\n${id.slice(-12)}  tiny/1`);
    expect(JSON.parse((await bucle(['show', 'shown', '--json'])).stdout)).toMatchObject({ name: 'shown' });
    expect(await bucle(['show', 'nobody'])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('There is no endpoint nobody.'),
    });
  });

  test('predict sends rows as MLflow defines them, prints the answer, and says which prediction it was', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => seen.push(text));
      request.on('end', () => {
        seen.push(`${request.url} ${request.headers['content-type']} ${request.headers.authorization}`);
        response.writeHead(200, { 'bucle-prediction-id': 'p-1', 'bucle-model-version': 'version:tiny/1' });
        response.end('{"predictions":[0.5]}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    await t.client.request('POST', '/api/v1/endpoints', { json: { name: 'asked' } });
    const report = { gateway: 'gateway-2', url, revision: 1, observations: [] };
    await t.client.request('POST', '/api/v1/gateway/observations', { json: report });
    await writeFile(join(root, 'row.json'), '{"distance": 1, "hour": 2}');
    await writeFile(join(root, 'whole.json'), '{"inputs": [[1, 2]]}');
    await writeFile(join(root, 'rows.csv'), 'distance,hour\n1,2\n');
    await writeFile(join(root, 'broken.json'), '{"distance"');
    const ask = (input: string) => bucle(['predict', 'asked', '--input', input], { cwd: root });
    const answer = await ask('row.json');
    expect(answer).toEqual({
      code: 0,
      stdout: '{"predictions":[0.5]}\n',
      stderr: 'prediction:p-1 by version:tiny/1\n',
    });
    await ask('whole.json');
    await ask('rows.csv');
    expect(seen).toEqual([
      '{"dataframe_records":[{"distance":1,"hour":2}]}',
      '/endpoints/asked/invocations application/json undefined',
      '{"inputs":[[1,2]]}',
      '/endpoints/asked/invocations application/json undefined',
      'distance,hour\n1,2\n',
      '/endpoints/asked/invocations text/csv undefined',
    ]);
    expect(await ask('broken.json')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('broken.json is no JSON'),
    });
    expect(await ask('none.json')).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no such file') });
    server.close();
    server.closeAllConnections();
    const away = await ask('row.json');
    expect(away).toMatchObject({ code: 1, stdout: '' });
    expect(away.stderr).toContain(`The gateway does not answer at ${url}.\n  next: \`bucle up\` starts it again`);
  });
});
