import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bucle-setup-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs a script that may import from this folder; resolves to what it printed. */
function script(text: string, signal?: { killWhenPrinted: string }): Promise<string> {
  const imports = ['turn', 'npm', 'python'].map(
    (name) => `import * as ${name} from '${new URL(`${name}.mjs`, import.meta.url)}';`,
  );
  const source = `${imports.join('\n')}\nimport { appendFileSync } from 'node:fs';\nconst root = ${JSON.stringify(root)};\n${text}`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
      if (signal && printed.includes(signal.killWhenPrinted)) child.kill('SIGKILL');
    });
    child.once('error', reject);
    child.once('close', () => resolve(printed));
  });
}

test('set-ups of one checkout take turns, also after one that was killed', async () => {
  await script("await turn.takeTurn(root); console.log('in'); setInterval(() => {}, 1000);", { killWhenPrinted: 'in' });
  const visit = `
const giveUp = await turn.takeTurn(root);
appendFileSync(root + '/visits', 'in ');
await new Promise((resolve) => setTimeout(resolve, 30));
appendFileSync(root + '/visits', 'out ');
giveUp();`;
  await Promise.all([script(visit), script(visit), script(visit)]);
  expect(await readFile(join(root, 'visits'), 'utf8')).toBe('in out in out in out ');
});

test('packages are current only when npm has finished, with the versions of the lock file', async () => {
  const lock = (version: string) =>
    JSON.stringify({ packages: { '': {}, 'node_modules/a': { version, integrity: version } } });
  const answer = () => script('process.stdout.write(String(npm.packagesAreCurrent(root)));');
  await mkdir(join(root, 'node_modules/.bin'), { recursive: true });
  await writeFile(join(root, 'node_modules/.bin/node'), '');
  await writeFile(join(root, 'package-lock.json'), lock('1.0.0'));
  expect(await answer()).toBe('false');
  await writeFile(join(root, 'node_modules/.package-lock.json'), lock('1.0.0'));
  expect(await answer()).toBe('true');
  await writeFile(join(root, 'package-lock.json'), lock('1.0.1'));
  expect(await answer()).toBe('false');
});

test('the environment is current only with the stamp of the lock file as it is', async () => {
  const answer = () => script('process.stdout.write(String(python.environmentIsCurrent(root)));');
  const digest = createHash('sha256').update('x==1\n').digest('hex');
  await mkdir(join(root, '.setup/python/bin'), { recursive: true });
  await mkdir(join(root, 'python'));
  await writeFile(join(root, '.setup/python/bin/python'), '');
  await writeFile(join(root, 'python/requirements.lock'), 'x==1\n');
  expect(await answer()).toBe('false');
  await writeFile(join(root, '.setup/python.stamp'), `1 ${digest}\n`);
  expect(await answer()).toBe('true');
  await writeFile(join(root, 'python/requirements.lock'), 'x==2\n');
  expect(await answer()).toBe('false');
});
