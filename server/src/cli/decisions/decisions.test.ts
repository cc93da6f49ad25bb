import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../../../test/cli.ts';
import { databases } from '../../../test/databases.ts';
import { type EvaluateTest, flights, openEvaluate } from '../../loop/evaluate/decision.fixture.ts';

const meaning = ['--prediction', 'probability', '--column', '1', '--threshold', '0.5'];
const columns = ['--label', 'late', '--event-time', 'time', '--key', 'flight'];

describe('evaluations on the command line', { timeout: 90_000 }, () => {
  let e: EvaluateTest;
  beforeAll(async () => {
    const [database] = databases;
    if (!database) throw new Error('There is no database to test on.');
    e = await openEvaluate(database);
    const training = await e.addDataset('training', flights('t', { seed: 2 }));
    await e.addDataset('holdout', flights('h'));
    await e.addVersion('right', {}, training);
    await e.addVersion('wrong', { by: 1.2 }, training);
  });
  afterAll(() => e[Symbol.asyncDispose]());

  const bucle = (...words: readonly string[]) => cli([...words, '--url', e.t.baseUrl]);
  const put = (path: string, json: unknown) => e.t.client.request('PUT', path, { json });

  test('evaluate waits for the verdict and tells it by its exit code; ls, show and replay know it', async () => {
    const asked = ['--dataset', 'holdout', ...meaning, ...columns, '--wait'];
    const better = await bucle(
      'evaluate',
      'right/1',
      '--champion',
      'wrong/1',
      ...asked,
      '--metric',
      'log_loss',
      '--slice',
      'carrier',
    );
    expect(better.code, better.stderr).toBe(0);
    expect(better.stdout).toMatch(
      /^decision:\S+ {2}promote\nversion:right\/1 is better than version:wrong\/1: log_loss/,
    );
    expect(better.stdout).toMatch(/\nlog_loss\t0\.\d+\t0\.\d+\t0\.\d+\t0\.\d+\t/);
    expect(better.stdout).toMatch(/\ncarrier = UA\t\d+\t/);
    const worse = await bucle('evaluate', 'wrong/1', '--champion', 'right/1', ...asked, '--json');
    expect(worse.code).toBe(3);
    const decision = JSON.parse(worse.stdout) as { id: string; verdict: string; gate: unknown };
    expect(decision).toMatchObject({
      verdict: 'keep',
      subject: 'version:wrong/1',
      gate: { metric: 'log_loss', margin: 0, minimum_rows: 500 },
    });
    const listed = await bucle('decisions', 'ls');
    expect(listed.stdout.split('\n')[1]).toContain(`${decision.id}\tevaluation\tkeep\t`);
    const shown = await bucle('decisions', 'show', decision.id.slice(-12));
    expect(shown.stdout).toContain('version:right/1 stays: version:wrong/1 is clearly worse in log_loss');
    const replayed = await bucle('decisions', 'replay', decision.id);
    expect(replayed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^identical: keep\n/) });
  });

  test('a declared gate and the declared columns of the dataset are used by their names', async () => {
    await put('/api/v1/gates/better', { metric: 'auc', minimum_rows: 5_000 });
    await put('/api/v1/datasets/holdout/declaration', { label: 'late', event_time: 'time', key: 'flight' });
    expect((await bucle('gates', 'ls')).stdout).toBe(
      'gate\tmetric\tmargin\trows\tslices\trevision\nbetter\tauc\t0\t5000\t–\t1\n',
    );
    expect((await bucle('gates', 'show', 'better')).stdout).toContain('on at least 5000 rows');
    const asked = ['evaluate', 'right/1', '--dataset', 'holdout@1', '--gate', 'better', ...meaning];
    const decided = await bucle(...asked, '--wait', '--json');
    expect(decided.code).toBe(3);
    expect(JSON.parse(decided.stdout)).toMatchObject({
      columns: { label: 'late', event_time: 'time', key: 'flight' },
      champion: null,
    });
    // The decision keeps the rules that it was made by.
    await put('/api/v1/gates/better', { metric: 'auc', minimum_rows: 1 });
    const { id } = JSON.parse(decided.stdout) as { id: string };
    expect(JSON.parse((await bucle('decisions', 'show', id, '--json')).stdout)).toMatchObject({
      gate: { minimum_rows: 5_000 },
    });
    const { revision } = await e.t.client.request<{ revision: number }>('GET', '/api/v1/gates/better');
    expect(revision).toBe(2);
    await put('/api/v1/gates/better', { metric: 'auc', minimum_rows: 1 });
    expect(await e.t.client.request('GET', '/api/v1/gates/better')).toMatchObject({ revision: 2 });
    await e.t.client.send('DELETE', '/api/v1/gates/better');
    expect((await bucle(...asked)).code).toBe(5);
  });

  test('what cannot be asked is refused with the next step', async () => {
    const said = async (...words: readonly string[]) => {
      const { code, stderr } = await bucle('evaluate', 'right/1', ...words);
      return { code, stderr };
    };
    expect(await said()).toMatchObject({ code: 2, stderr: expect.stringContaining('needs --dataset') });
    expect(await said('--dataset', 'training')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--prediction probability, class or value'),
    });
    const training = ['--dataset', 'training', ...meaning];
    expect((await said(...training)).stderr).toMatch(
      /Nobody said which column of training is the label[\s\S]*--label COLUMN/,
    );
    expect((await said(...training, '--label', 'late', '--metric', 'mae')).stderr).toMatch(
      /mae says nothing about predictions of the kind probability/,
    );
    expect((await said(...training, '--label', 'late', '--champion', 'right/1')).stderr).toMatch(
      /are the same version/,
    );
    expect((await said(...training, '--label', 'late', '--margin', '1')).code).toBe(2);
    expect((await said(...training, '--label', 'late', '--champion', 'nobody/1')).code).toBe(5);
    expect((await bucle('decisions', 'show', 'ffffffff')).code).toBe(5);
    expect((await bucle('gates', 'show', 'none')).code).toBe(5);
    const wrongGate = e.t.client.request('PUT', '/api/v1/gates/x', { json: { metric: 'accuraccy' } });
    await expect(wrongGate).rejects.toMatchObject({ status: 400 });
  });
});
