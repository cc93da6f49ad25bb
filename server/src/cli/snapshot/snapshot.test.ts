import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../../platform/config/config.ts';
import { readSettings } from '../../platform/config/settings.ts';
import { run } from '../../platform/processes/run.ts';
import { findInText } from './find-secrets.ts';
import { checkLimits, describeLargeProject, limits } from './limits.ts';
import { readProject } from './make-snapshot.ts';

type Files = Readonly<Record<string, string>>;

let root: string;
const notes: string[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bucle-snapshot-'));
  notes.length = 0;
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function write(files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

async function git(...args: string[]): Promise<string> {
  const identity = ['-c', 'user.name=ana', '-c', 'user.email=ana@example.org', '-c', 'init.defaultBranch=main'];
  const { code, stdout, stderr } = await run('git', [...identity, ...args], { cwd: root });
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

async function commit(files: Files): Promise<void> {
  await git('init', '-q');
  await write(files);
  await git('add', '-A', '-f');
  await git('commit', '-q', '-m', 'first');
}

function read(allowed: readonly string[] = [], folder = root) {
  const io = {
    config: parseConfig(readSettings({}, { data: join(root, 'kept') })),
    json: false,
    note: (line: string) => void notes.push(line),
    signal: new AbortController().signal,
    stderr: { isTTY: false, write: () => undefined },
  };
  return readProject(io, { root: folder, allowed: new Set(allowed) });
}

const pathsOf = async (...given: Parameters<typeof read>) =>
  (await read(...given)).files.map(({ path }) => path).sort();

describe('what a snapshot holds', () => {
  const cases: [string, Files, Files, string[]][] = [
    [
      'tracked files as they are on disk, and untracked ones',
      { 'a.py': '1' },
      { 'a.py': '2', 'b/new.py': '3' },
      ['a.py', 'b/new.py'],
    ],
    [
      'nothing that git ignores',
      { '.gitignore': '*.tmp\n/out/\n' },
      { 'x.tmp': '', 'out/m.bin': '', 'x.py': '' },
      ['.gitignore', 'x.py'],
    ],
    ['a tracked file although git ignores it', { '.gitignore': '*.cfg', 'a.cfg': '' }, {}, ['.gitignore', 'a.cfg']],
    [
      'nothing of .bucleignore, tracked or not',
      { 'data/a.csv': '', 'b.csv': '' },
      { '.bucleignore': '*.csv\n!b.csv\n' },
      ['.bucleignore', 'b.csv'],
    ],
    ['names with spaces, quotes and umlauts', { 'a b.py': '' }, { 'größe "x".py': '' }, ['a b.py', 'größe "x".py']],
    [
      'no packages, caches, environments and nothing that Bucle keeps, tracked or not',
      { 'node_modules/a.js': '', 'lib/__pycache__/a.pyc': '', 'a.py': '' },
      { 'env/pyvenv.cfg': '', 'env/lib/x.py': '', '.venv/y.py': '', '.bucle/z': '', 'kept/bucle.db': '' },
      ['a.py'],
    ],
  ];

  test.each(cases)('%s', async (_title, committed, later, expected) => {
    await commit(committed);
    await write(later);
    expect(await pathsOf()).toEqual(expected);
  });

  test.each(cases.filter(([title]) => !title.includes('git')))(
    'without git: %s',
    async (_title, before, later, expected) => {
      await write({ ...before, ...later });
      expect(await pathsOf()).toEqual(expected);
    },
  );

  test('a file that was deleted is not in it, and the content is that on disk', async () => {
    await commit({ 'a.py': 'old', 'gone.py': '' });
    await rm(join(root, 'gone.py'));
    await write({ 'a.py': 'new' });
    const { files } = await read();
    expect(files).toEqual([
      { path: 'a.py', mode: 'file', size: 3, source: join(root, 'a.py'), sha256: expect.stringMatching(/^11507a0e/) },
    ]);
  });

  test('executables and links stay what they are; a link is not followed', async () => {
    await write({ 'run.sh': '#!/bin/sh\n' });
    await chmod(join(root, 'run.sh'), 0o755);
    await symlink('/etc/passwd', join(root, 'link'));
    const { files } = await read();
    expect(files.map(({ path, mode, size }) => [path, mode, size])).toEqual(
      expect.arrayContaining([
        ['run.sh', 'executable', 10],
        ['link', 'link', 11],
      ]),
    );
  });

  test('a folder of a repository is a project of its own', async () => {
    await commit({ 'top.py': '', 'flights/train.py': '1' });
    await write({ 'flights/train.py': '2', 'other.py': '' });
    const { files, git: state } = await read([], join(root, 'flights'));
    expect(files.map(({ path }) => path)).toEqual(['train.py']);
    expect(state?.diff).toContain('+++ b/train.py');
  });

  test('a repository within belongs to it, with its own rules', async () => {
    await commit({ 'a.py': '' });
    await write({ 'inner/b.py': '', 'inner/c.tmp': '', 'inner/.gitignore': '*.tmp' });
    await run('git', ['init', '-q'], { cwd: join(root, 'inner') });
    expect(await pathsOf()).toEqual(['a.py', 'inner/.gitignore', 'inner/b.py']);
  });

  test('a folder that its repository ignores is taken whole', async () => {
    await commit({ '.gitignore': 'scratch/' });
    await write({ 'scratch/train.py': '' });
    expect(await pathsOf([], join(root, 'scratch'))).toEqual(['train.py']);
  });

  test('where git cannot be used it says so, and takes all files', async () => {
    await write({ '.git': 'nonsense', '.gitignore': '*.tmp', 'a.tmp': '' });
    expect(await pathsOf()).toEqual(['.gitignore', 'a.tmp']);
    expect(notes).toEqual([
      expect.stringMatching(/^Without git \(fatal: .*\) all files are taken, also those of .gitignore\.$/),
    ]);
  });

  test('a name that no server takes is refused', async () => {
    await write({ 'a\nb.py': '' });
    await expect(read()).rejects.toMatchObject({
      code: 'CLI_FILE_NAME',
      message: 'The name "a\\nb.py" contains a control character.',
    });
  });
});

describe('what a snapshot says of git', () => {
  test('a clean tree has a commit and no diff', async () => {
    await commit({ 'a.py': '1\n' });
    const sha = await git('rev-parse', 'HEAD');
    expect((await read()).git).toEqual({ sha, branch: 'main', dirty: false, diff: null, diffProblem: null });
  });

  test('changes make it dirty, and are there as a diff', async () => {
    await commit({ 'a.py': '1\n' });
    await write({ 'a.py': '2\n' });
    await git('checkout', '-q', '--detach');
    const state = (await read()).git;
    expect(state).toMatchObject({ branch: null, dirty: true });
    expect(state?.diff).toMatch(/^diff --git a\/a\.py b\/a\.py\n[\s\S]*-1\n\+2\n$/);
  });

  test('an untracked file makes it dirty', async () => {
    await commit({ 'a.py': '' });
    await write({ 'b.py': '' });
    expect((await read()).git).toMatchObject({ dirty: true, diff: null, diffProblem: null });
  });

  test('what is left out shows up neither as a change nor in the diff', async () => {
    await commit({ 'a.py': '', 'notes.txt': 'a', '.bucleignore': 'notes.txt' });
    await write({ 'notes.txt': 'private' });
    expect((await read()).git).toMatchObject({ dirty: false, diff: null });
  });

  test('a secret that was taken out of a file is not stored with the diff', async () => {
    await commit({ 'a.py': `key = "${AWS}"\n` });
    await write({ 'a.py': 'key = os.environ["KEY"]\n' });
    expect((await read()).git).toMatchObject({ dirty: true, diff: null });
    expect(notes).toEqual(['The diff against the commit is not stored: it shows what looks like an AWS access key.']);
  });

  test('before the first commit there is nothing to say', async () => {
    await git('init', '-q');
    await write({ 'a.py': '' });
    expect(await read()).toMatchObject({ files: [{ path: 'a.py' }], git: null });
  });
});

// Put together here, so that nobody takes this file for a leak.
const AWS = `AKIA${'QWERTYUIOPASDFGH'}`;
const KEY_HEADER = `-----BEGIN ${'RSA PRIVATE'} KEY-----`;

describe('secrets', () => {
  test.each([
    ['.env', 'A=1', '.env: a file of environment variables (env-file)'],
    ['deploy/.env.production', '', 'deploy/.env.production: a file of environment variables (env-file)'],
    ['keys/id_ed25519', '', 'keys/id_ed25519: a private SSH key (ssh-key)'],
    ['server.pem', `x\n${KEY_HEADER}\nabc`, 'server.pem, line 2: a private key (private-key)'],
    ['conf.py', `\n\nkey = "${AWS}"`, 'conf.py, line 3: an AWS access key (aws-key)'],
    ['a.cfg', `aws_secret_access_key = ${'aB3/'.repeat(10)}`, 'a.cfg, line 1: an AWS secret key (aws-secret)'],
    ['n.ipynb', `{"t": "ghp_${'a1'.repeat(18)}"}`, 'n.ipynb, line 1: a GitHub token (github-token)'],
    ['t.py', `hf = "hf_${'aB'.repeat(17)}"`, 't.py, line 1: a Hugging Face token (huggingface-token)'],
    ['t.sh', `export BUCLE_TOKEN=bucle_${'x'.repeat(43)}`, 't.sh, line 1: a token of Bucle (bucle-token)'],
    ['.npmrc', '//r/:_authToken=0123456789abcdef', '.npmrc, line 1: a token of a package registry (npm-token)'],
  ])('%s is refused with its place and rule, and never shown', async (path, content, message) => {
    await write({ [path]: content, 'a.py': '' });
    const error = await read().catch((caught: unknown) => caught as Error & { next: string });
    expect(error).toMatchObject({
      code: 'CLI_SECRETS',
      message: `What looks like a secret would be stored with the job:\n  ${message}`,
    });
    expect(error).toMatchObject({
      next: `Leave them out by lines in .bucleignore, or say of each that it is none: --allow-secret ${path}`,
    });
    expect(await pathsOf([path])).toEqual([path, 'a.py'].sort());
    await write({ '.bucleignore': path });
    expect(await pathsOf()).toEqual(['.bucleignore', 'a.py']);
  });

  test.each([
    ['.env.example', 'A=\n'],
    ['cert.pem', '-----BEGIN CERTIFICATE-----'],
    ['docs.md', 'AKIAIOSFODNN7EXAMPLE'],
    ['hash.txt', 'a'.repeat(64)],
    ['.npmrc', `//r/:_authToken=$${'{NPM_TOKEN}'}`],
    ['model.bin', `\0${AWS}`],
  ])('%s is none', async (path, content) => {
    await write({ [path]: content });
    expect(await pathsOf()).toEqual([path]);
  });

  test('a megabyte of one line is looked through at once', () => {
    const started = performance.now();
    for (const line of ['aws_secret_key=', 'A', '/', 'xoxb-', 'sk-ant-', '-----BEGIN ']) {
      findInText('x', Buffer.from(line.repeat(1_000_000 / line.length)));
    }
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

describe('limits', () => {
  const file = (path: string, size: number) => ({ path, size });

  test.each([
    [
      'CLI_FILE_TOO_LARGE',
      [file('m.bin', limits.fileBytes + 1)],
      'm.bin has 537 MB; one file of a job may have 537 MB.',
    ],
    [
      'CLI_TOO_LARGE',
      Array.from({ length: 5 }, (_, n) => file(`${n}.bin`, limits.fileBytes)),
      'The project has 2.68 GB; a job takes 2.15 GB at most.',
    ],
    ['CLI_TOO_MANY_FILES', Array.from({ length: 50_001 }, (_, n) => file(`img/${n}.png`, 1)), '50,001 files in img/'],
  ])('%s', (code, files, message) => {
    expect(() => checkLimits(files)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  test('a large project shows its largest files, a common one nothing', () => {
    expect(describeLargeProject([file('a.py', 1_000)])).toEqual([]);
    const files = [...Array.from({ length: 20 }, (_, n) => file(`s${n}`, 1)), file('data/all.csv', 80_000_000)];
    const lines = describeLargeProject(files);
    expect(lines.slice(0, 2)).toEqual([
      'The snapshot is large: 21 files, 80.0 MB. The largest of them:',
      '   80.0 MB  data/all.csv',
    ]);
    expect(lines).toHaveLength(12);
    expect(lines.at(-1)).toContain('bucle data push');
  });
});

test('the project is left as it was', async () => {
  await commit({ 'a.py': '1' });
  const index = await readFile(join(root, '.git', 'index'));
  await write({ 'a.py': '2' });
  await read();
  expect(await readFile(join(root, '.git', 'index'))).toEqual(index);
});
