import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { addUp, type Outcome, readPytest, readVitest } from './test/outcome.ts';

// `npm test`: Vitest over SQLite, PostgreSQL and, where there is a server for it, S3; then pytest. Arguments go to
// Vitest, which then runs alone. --no-skips: a skipped test fails the run.
const root = fileURLToPath(new URL('../', import.meta.url));
const reports = `${root}.setup/reports`;
const noSkips = process.argv.includes('--no-skips');
const own = process.argv.slice(2).filter((argument) => argument !== '--no-skips');

await rm(reports, { recursive: true, force: true });
await mkdir(reports, { recursive: true });
const outcomes = [await runVitest(own)];
if (own.length === 0) outcomes.push(await runPytest());

const { passed, failed, failures, skipped } = addUp(outcomes);
if (skipped.length > 0) {
  process.stdout.write('\nSkipped:\n');
  for (const line of skipped) process.stdout.write(`  ${line}\n`);
}
const told = [...failures, ...outcomes.flatMap(({ trouble }) => (trouble === null ? [] : [trouble]))];
if (told.length > 0) {
  process.stdout.write('\nFailed:\n');
  for (const line of told) process.stdout.write(`  ${line}\n`);
}
// The last page of a long log is often all that is kept: `npm run ci` tells these again at its end.
await writeFile(`${reports}/failures.txt`, told.map((line) => `${line}\n`).join(''));
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
process.exitCode = failed > 0 || (noSkips && skipped.length > 0) ? 1 : 0;

async function runVitest(args: readonly string[]): Promise<Outcome> {
  const report = `${reports}/vitest.json`;
  const code = await run(process.execPath, [
    `${root}node_modules/vitest/vitest.mjs`,
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...args,
  ]);
  return readVitest(await readFile(report, 'utf8').catch(() => null), code, root);
}

async function runPytest(): Promise<Outcome> {
  const report = `${reports}/pytest.xml`;
  const python = `${root}.setup/python/bin/python`;
  const args = ['-m', 'pytest', '-c', 'python/tests/pytest.ini', 'python/tests', '-q', '-p', 'no:cacheprovider'];
  const code = await run(python, [...args, `--junitxml=${report}`]);
  return readPytest(await readFile(report, 'utf8').catch(() => null), code);
}

function run(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      resolve(1);
    });
    child.once('close', (code) => resolve(code ?? 1));
  });
}
