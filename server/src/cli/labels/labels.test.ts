import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli } from '../../../test/cli.ts';
import { databases } from '../../../test/databases.ts';
import { index, labellingApp, MONDAY, makePrediction, settle, watch } from '../../loop/monitor/label.fixture.ts';
import { makeCapture } from '../../loop/serve/capture/capture.fixture.ts';
import { handCaptures } from '../../loop/serve/captures.fixture.ts';

describe.each(databases.slice(0, 1))('bucle labels', (database) => {
  const open = async () => {
    const app = await labellingApp({ database });
    return { ...app, bucle: (...words: string[]) => cli([...words, '--url', app.baseUrl]) };
  };

  test('add finds the endpoint of a prediction, and says what became of the label', async () => {
    await using t = await open();
    const capture = makeCapture();
    await handCaptures(t.client).send(0, [capture]);
    await index(t.context, [makePrediction({ id: capture.id, key: 'UA1' })]);
    expect(await t.bucle('labels', 'add', capture.id, 'true')).toEqual({
      ...{ code: 0, stdout: '1 label: 1 accepted\n', stderr: '' },
    });
    expect((await t.bucle('predictions', 'show', capture.id)).stdout).toContain(
      'row\toutput\tlabel\tfeatures\n0\t0.25\t1\t',
    );
    const byKey = await t.bucle('labels', 'add', '--key', 'UA1', '-e', 'flights', '1');
    expect(byKey.stdout).toBe('1 label: 1 repeated\n');
    const bad = await t.bucle('labels', 'add', capture.id, '0.5');
    expect(bad).toMatchObject({ code: 1, stdout: '' });
    expect(bad.stderr).toContain('expected 0 or 1');
    expect((await t.bucle('labels', 'add', capture.id)).code).toBe(2);
  });

  test('import sends a file with columns of other names, once however often it is called', async () => {
    await using t = await open();
    const predictions = Array.from({ length: 3 }, () => makePrediction());
    await index(t.context, predictions);
    const file = join(t.dataDir, 'late.csv');
    await writeFile(file, `id,late\n${predictions.map(({ id }) => `${id}.0,1`).join('\n')}\nnope,1\n`);
    const again = () => t.bucle('labels', 'import', file, '-e', 'flights', '-c', 'prediction=id', '-c', 'value=late');
    const first = await again();
    expect(first.stdout).toBe('4 labels: 3 accepted, 1 invalid\n');
    expect(first.stderr).toContain('line 4: nope is no id of a prediction.');
    expect((await again()).stdout).toBe(first.stdout);
    const lines = join(t.dataDir, 'late.jsonl');
    await writeFile(lines, predictions.map(({ id }) => `${JSON.stringify({ id, late: 1, other: 2 })}\n`).join(''));
    const jsonl = await t.bucle('labels', 'import', lines, '-e', 'flights', '-c', 'prediction=id', '-c', 'value=late');
    expect(jsonl.stdout).toBe('3 labels: 3 repeated\n');
    const { stdout, stderr } = await t.bucle('labels', 'ls', 'flights');
    expect(stdout.split('\n')).toHaveLength(5);
    expect(stderr).toBe('7 labels: 3 accepted, 3 repeated, 1 invalid. 0 wait for their prediction.\n');
    expect((await t.bucle('labels', 'import', join(t.dataDir, 'no.csv'), '-e', 'flights')).stderr).toContain(
      'no such file',
    );
  });

  test('quality shows windows with their metrics and coverage', async () => {
    await using t = await open();
    await watch(t.context, MONDAY);
    expect((await t.bucle('quality', 'flights')).stderr).toBe('No predictions of flights were counted yet.\n');
    const one = makePrediction();
    await index(t.context, [one, makePrediction()]);
    await t.bucle('labels', 'add', '-e', 'flights', one.id, '0');
    await settle(t.context);
    const { stdout } = await t.bucle('quality', 'flights', '-m', 'brier');
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'window\tstate\tlabelled\tcoverage\tbrier\tverdict',
      '2001-03-05\tprovisional\t1 of 2\t50 %\t0.0625\t–',
    ]);
  });
});
