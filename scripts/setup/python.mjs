import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, run, SetupError, step } from './step.mjs';

/** Changes when environments are built in another way. */
const RECIPE = 1;
const MINORS = [14, 13, 12, 11, 10];

const environment = (root) => join(root, '.setup', 'python');
const lockFile = (root) => join(root, 'python', 'requirements.lock');
const stampFile = (root) => join(root, '.setup', 'python.stamp');

/** Whether `.setup/python` was built whole, from the lock file as it is now. */
export function environmentIsCurrent(root) {
  // The link to the interpreter leads nowhere once that was uninstalled.
  if (!existsSync(join(environment(root), 'bin', 'python'))) return false;
  try {
    return readFileSync(stampFile(root), 'utf8') === stamp(root);
  } catch {
    return false;
  }
}

export async function buildEnvironment(root) {
  const python = await findPython();
  await step('Python environment, from python/requirements.lock', async () => {
    rmSync(stampFile(root), { force: true });
    const folder = environment(root);
    const own = join(folder, 'bin', 'python');
    if (!(await isUsable(own))) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(join(root, '.setup'), { recursive: true });
      await must(python, ['-m', 'venv', folder], {
        cwd: root,
        next: 'Mend this Python, or name another one by BUCLE_PYTHON.',
      });
    }
    const next = 'Check the network and the package index that pip is set to (`pip config list`), then try again.';
    const env = { ...process.env, UV_PYTHON_DOWNLOADS: 'never', ...indexOfPip() };
    await must(own, ['-m', 'pip', 'install', '--quiet', '--require-hashes', '-r', uvRequirement(root)], {
      cwd: root,
      env,
      next,
    });
    const sync = ['pip', 'sync', '--compile-bytecode', '--require-hashes', '--python', own, lockFile(root)];
    await must(join(folder, 'bin', 'uv'), sync, { cwd: root, env, next });
    writeFileSync(`${stampFile(root)}.new`, stamp(root));
    renameSync(`${stampFile(root)}.new`, stampFile(root));
  });
}

async function findPython() {
  const given = process.env.BUCLE_PYTHON;
  const candidates = given ? [given] : ['python3', ...MINORS.map((minor) => `python3.${minor}`)];
  const found = [];
  for (const candidate of candidates) {
    const { code, said } = await run(candidate, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
    if (code !== 0) continue;
    const [version = '', major, minor] = /(\d+)\.(\d+)/.exec(said) ?? [];
    found.push(`${candidate} is ${version}`);
    if (Number(major) !== 3 || Number(minor) < 10) continue;
    const venv = await run(candidate, ['-c', 'import venv, ensurepip']);
    if (venv.code === 0) return candidate;
    found.push(`${candidate} has no venv module`);
  }
  throw new SetupError(
    `No Python ≥ 3.10 with its venv module: ${found.length === 0 ? `${candidates.join(', ')} don't run` : found.join(', ')}.`,
    'Install one (Debian, Ubuntu: `apt install python3 python3-venv`; macOS: `brew install python`), or name one by BUCLE_PYTHON.',
  );
}

async function isUsable(python) {
  return (await run(python, ['-c', 'import sys, pip; sys.exit(sys.version_info < (3, 10))'])).code === 0;
}

/** The lock's own lines about uv, as a file: the version and its hashes are written down in one place only. */
function uvRequirement(root) {
  const lines = /^uv==(?:.*\\\n)*.*/m.exec(readFileSync(lockFile(root), 'utf8'))?.[0];
  if (lines === undefined) throw new SetupError('python/requirements.lock names no uv.', 'Run `npm run lock:python`.');
  const file = join(root, '.setup', 'uv.txt');
  writeFileSync(file, `${lines}\n`);
  return file;
}

/** uv knows no settings of pip; who set an index for pip means it for uv too. */
function indexOfPip() {
  const { PIP_INDEX_URL: index, UV_DEFAULT_INDEX: own, UV_INDEX_URL: older } = process.env;
  return index && !own && !older ? { UV_DEFAULT_INDEX: index } : {};
}

function stamp(root) {
  return `${RECIPE} ${createHash('sha256')
    .update(readFileSync(lockFile(root)))
    .digest('hex')}\n`;
}
