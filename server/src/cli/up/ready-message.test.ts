import { expect, test } from 'vitest';
import { parseConfig } from '../../platform/config/config.ts';
import { readSettings } from '../../platform/config/settings.ts';
import { printReady } from './ready-message.ts';

function say(flags: Record<string, string>, env: Record<string, string>): string {
  const lines: string[] = [];
  const take = (line: string) => void lines.push(line);
  const config = parseConfig(readSettings({}, { data: '/var/bucle', ...flags }));
  printReady(
    { print: take, note: take, printJson: () => {}, json: false, env },
    { config, pids: { server: 1, gateway: 2 }, adopted: [], seconds: 1 },
  );
  return lines.join('\n');
}

test('whoever would not find the server by the defaults is told how to', () => {
  expect(say({}, {})).toContain('export MLFLOW_TRACKING_URI=http://127.0.0.1:7070');
  expect(say({}, {})).not.toContain('BUCLE_URL');
  expect(say({ port: '8080' }, {})).toContain('export BUCLE_URL=http://127.0.0.1:8080');
  expect(say({ port: '8080' }, { BUCLE_PORT: '8080' })).not.toContain('BUCLE_URL');
  expect(say({}, { BUCLE_URL: 'http://elsewhere:7070' })).toContain('export BUCLE_URL=http://127.0.0.1:7070');
});
