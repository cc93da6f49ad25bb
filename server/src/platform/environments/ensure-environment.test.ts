import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { run } from '../processes/run.ts';
import { siblingModule } from '../processes/sibling-module.ts';
import { ensureEnvironment } from './ensure-environment.ts';
import { ensureUv } from './ensure-uv.ts';
import { findPython } from './find-python.ts';
import { freeze } from './freeze.ts';
import { inspectPython } from './inspect-python.ts';
import { readModelRequirements } from './model-environment.ts';
import { pythonPath } from './python-path.ts';
import { makeProject } from './wheels.fixture.ts';

describe('Python environments', () => {
  let folder = '';
  let root = '';
  let file = '';
  let header = '';
  let tools = '';
  beforeAll(async () => {
    tools = await mkdtemp(join(tmpdir(), 'bucle-uv-'));
    await ensureUv({ root: tools, python: 'python3' });
  });
  afterAll(() => rm(tools, { recursive: true, force: true }));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucle-environments-'));
    root = join(folder, 'environments');
    await mkdir(root);
    for (const name of await readdir(tools)) await symlink(join(tools, name), join(root, name));
    const project = await makeProject(folder);
    header = project.requirements;
    file = join(folder, 'requirements.txt');
    await writeFile(file, `${header}alpha==1.0\n`);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const build = (more: Partial<Parameters<typeof ensureEnvironment>[0]> = {}) =>
    ensureEnvironment({ root, python: 'python3', lock: { kind: 'requirements', file }, ...more });
  const valueIn = async (python: string) =>
    (await run(python, ['-c', 'import alpha; print(alpha.value)'])).stdout.trim();

  test('one is built from a requirements file, once, and then found', async () => {
    const lines: string[] = [];
    const first = await build({ onLine: (line) => lines.push(line) });
    expect(first).toMatchObject({ packages: { alpha: '1.0' }, python: join(first.path, 'bin', 'python') });
    expect(await valueIn(first.python)).toBe('one');
    expect(await freeze(first.python)).toEqual({ alpha: '1.0' });
    expect(lines.at(-1)).toBe('the environment is ready: 1 packages');
    const again: string[] = [];
    expect(await build({ onLine: (line) => again.push(line) })).toEqual(first);
    expect(again).toEqual([]);
  });

  test('whatever it depends on gives another one: versions, included files, extras', async () => {
    const ids = [(await build()).id];
    await writeFile(file, `${header}alpha==2.0  # newer\n`);
    const newer = await build();
    expect(await valueIn(newer.python)).toBe('two');
    ids.push(newer.id, (await build({ extra: ['beta==0.5'] })).id);
    await writeFile(file, `${header}-r more.txt\n`);
    await writeFile(join(folder, 'more.txt'), 'alpha==1.0\n');
    ids.push((await build()).id);
    await writeFile(join(folder, 'more.txt'), 'alpha==1.0\nbeta\n');
    const included = await build();
    ids.push(included.id);
    expect(included.packages).toEqual({ alpha: '1.0', beta: '0.5' });
    expect(new Set(ids).size).toBe(5);
  });

  test('many who want the same one at once share one build', async () => {
    const lines: string[] = [];
    const all = await Promise.all(Array.from({ length: 5 }, () => build({ onLine: (line) => lines.push(line) })));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(lines.filter((line) => line.startsWith('building')).length).toBe(1);
  });

  test('a build that was killed leaves rubble that nobody uses, and the next one cleans it up', async () => {
    const module = siblingModule(import.meta.url, './build.fixture').pathname;
    const start = () => spawn(process.execPath, [module, root, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const victim = start();
    await new Promise((resolve) => victim.stdout.once('data', resolve));
    await vi.waitUntil(async () => (await readdir(root)).some((name) => /^[0-9a-f]{64}-1$/.test(name)), {
      interval: 2,
    });
    victim.kill('SIGKILL');
    const others = [start(), start()].map(async (child) => {
      let text = '';
      for await (const chunk of child.stdout) text += String(chunk);
      return text;
    });
    const texts = await Promise.all(others);
    expect(texts.filter((text) => text.includes('building the environment')).length).toBe(1);
    expect(texts.every((text) => /built [0-9a-f]{64}\n$/.test(text))).toBe(true);
    const { path } = await build();
    expect((await readdir(root)).filter((name) => /^[0-9a-f]{64}-/.test(name))).toEqual([basename(path)]);
  });

  test('a package that does not exist is named, with the next step', async () => {
    await writeFile(file, `${header}alpha==1.0\ngamma>=3\n`);
    const error = await build().catch((failure: Error) => failure);
    expect(error).toMatchObject({ code: 'ENVIRONMENT_BUILD_FAILED', details: { package: ' because of gamma' } });
    expect((error as Error).message).toContain('requirements.txt cannot be built because of gamma');
    expect((await readdir(root)).filter((name) => name.endsWith('.json'))).toEqual([]);
  });

  test('an index that does not answer is no fault of the lock', async () => {
    await writeFile(file, '--index-url http://127.0.0.1:9/simple\nalpha==1.0\n');
    await expect(build()).rejects.toMatchObject({ code: 'ENVIRONMENT_INDEX_UNREACHABLE', retryable: true });
  });

  test('a lock file that is missing, or includes one outside the project, is refused', async () => {
    await expect(build({ lock: { kind: 'requirements', file: join(folder, 'no.txt') } })).rejects.toMatchObject({
      code: 'ENVIRONMENT_LOCK_MISSING',
      message: 'The environment cannot be built: no.txt does not exist.',
    });
    await mkdir(join(folder, 'inner'));
    const inner = join(folder, 'inner', 'requirements.txt');
    await writeFile(inner, '-r ../requirements.txt\n');
    await expect(build({ lock: { kind: 'requirements', file: inner } })).rejects.toThrow('lies outside the project');
    const wider = await build({ lock: { kind: 'requirements', file: inner, root: folder } }).catch(
      (error: Error) => error,
    );
    expect(wider).not.toBeInstanceOf(Error);
  });

  test('a uv project gives the locked versions, without the project itself', async () => {
    await writeFile(
      join(folder, 'pyproject.toml'),
      '[project]\nname = "demo"\nversion = "0"\nrequires-python = ">=3.10"\ndependencies = ["alpha<2"]\n[tool.uv]\nno-index = true\nfind-links = ["./wheels"]\n',
    );
    const uv = await ensureUv({ root, python: 'python3' });
    expect(await run(uv, ['lock'], { cwd: folder })).toMatchObject({ code: 0 });
    const environment = await build({
      lock: { kind: 'uv.lock', folder },
      extra: [join(folder, 'wheels', 'beta-0.5-py3-none-any.whl')],
    });
    expect(environment.packages).toEqual({ alpha: '1.0', beta: '0.5' });
  });

  test('a Python that does not exist is refused with what to do', async () => {
    await expect(build({ python: '/no/python' })).rejects.toMatchObject({
      code: 'ENVIRONMENT_PYTHON_MISSING',
      next: expect.stringContaining('BUCLE_PYTHON'),
    });
  });

  test('what was installed is compiled, since importing source takes longest', async () => {
    const { path } = await build();
    const packages = join(path, 'lib');
    const found = (await readdir(packages, { recursive: true })).filter((name) => /alpha.*\.pyc$/.test(name));
    expect(found.length).toBe(1);
    expect((await stat(join(packages, found[0] ?? ''))).size).toBeGreaterThan(0);
  });

  test('a model names its requirements and its Python', async () => {
    await writeFile(
      join(folder, 'python_env.yaml'),
      'python: 3.11.7\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n',
    );
    expect(await readModelRequirements(folder)).toEqual({
      lock: { kind: 'requirements', file },
      pythonVersion: '3.11.7',
    });
    await expect(readModelRequirements(root)).rejects.toMatchObject({ code: 'ENVIRONMENT_LOCK_MISSING' });
  });

  test('the Python of a model is one with the same minor version, or none', async () => {
    const { version } = await inspectPython('python3');
    expect(await findPython({ root, python: 'python3' }, version)).toBe('python3');
    expect(await findPython({ root, python: 'python3' }, '3.5.1')).toBeNull();
  });

  test('our own Python package is found', () => {
    expect(existsSync(join(pythonPath(), 'bucle'))).toBe(true);
  });
});
