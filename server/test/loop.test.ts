import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { databases } from './databases.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
// It builds a Python environment and trains twice: everyday runs have the demo and the tests of each stage.
const thorough = process.env['CI'] === 'true' || process.env['BUCLE_SOAK'] === '1';

// Real processes, real Python, a real gateway: data, training, deployment, traffic, labels, windows, a firing by itself, its
// decision and its canary. The example checks every promise and ends with 0 only if all were kept.
test.skipIf(!thorough).each(databases)(
  'the whole loop runs by itself on $name',
  { timeout: 600_000 },
  async (database) => {
    await using made = await database.create();
    const { config } = made;
    const url = config.kind === 'postgres' ? { BUCLE_DATABASE_URL: config.url } : {};
    const { code, told } = await runExample(url);
    expect(told).toContain('Every promise was kept.');
    expect(code).toBe(0);
  },
);

function runExample(env: Readonly<Record<string, string>>): Promise<{ code: number | null; told: string }> {
  const script = `${root}examples/diabetes/demo/run.ts`;
  const child = spawn(process.execPath, ['-C', '@bucle/source', script], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, told }));
  });
}
