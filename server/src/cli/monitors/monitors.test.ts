import { expect, test } from 'vitest';
import { cli } from '../../../test/cli.ts';
import { databases } from '../../../test/databases.ts';
import { captureDays, monitoredApp } from '../../loop/monitor/window.fixture.ts';

test('monitors, windows and alerts are told in words, from the declaration to the new normal', async () => {
  const [database] = databases;
  if (!database) throw new Error('No database to test on.');
  await using app = await monitoredApp(database);
  const bucle = (...words: string[]) => cli([...words, '--url', app.baseUrl]);
  expect((await bucle('monitors', 'ls')).stderr).toContain('bucle monitors declare ENDPOINT');
  const declared = await bucle(
    'monitors',
    'declare',
    'flights',
    '--window',
    '1d',
    '--lateness',
    '0',
    '--metric',
    'auc',
  );
  expect(declared.stdout).toContain('windows      1d, closed 0s after their end');
  expect((await bucle('monitors', 'declare', 'nope')).stderr).toContain('There is no endpoint nope');
  const { put } = captureDays(app, 31);
  await put(9);
  await put(1, { shift: 1.5 });
  await put(1, { shift: 1.5 });
  const list = await bucle('windows', 'ls', 'flights');
  expect(list.stdout).toMatch(/2001-03-14 00:00\tclosed\t300\t0\tnone\tdata drift: distance/);
  const shown = await bucle('windows', 'show', 'flights', '2001-03-14');
  expect(shown.stdout).toMatch(/^distance: PSI [\d.]+, p \de-\d+ < [\de.-]+, alarm$/m);
  const alerts = await bucle('alerts', 'ls', '--state', 'open', '--json');
  const [alert] = (JSON.parse(alerts.stdout) as { alerts: { id: string }[] }).alerts;
  expect((await bucle('alerts', 'show', alert?.id ?? '')).stdout).toMatch(
    /^windows +from 2001-03-14, last 2001-03-14$/m,
  );
  expect((await bucle('alerts', 'ack', alert?.id ?? '', '--reason', 'new route')).stderr).toContain('until 8 windows');
  expect((await bucle('alerts', 'show', alert?.id ?? '')).stdout).toContain('new route');
  expect((await bucle('monitors', 'show', 'flights')).stdout).toMatch(/^data_drift\t1\t0\.6\t/m);
  expect((await bucle('monitors', 'rm', 'flights')).code).toBe(0);
  expect((await bucle('windows', 'ls', 'flights')).code).toBe(5);
});
