import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// `npm run ci`: every check, cheap ones first, each with its time. All run, so that one look tells everything that is
// wrong; the tests come last, so that their closing line is at the end. `npm run ci -- 'Dead code' …`: only those.
const root = fileURLToPath(new URL('../', import.meta.url));
const node = process.execPath;

interface Step {
  readonly title: string;
  readonly command: readonly string[];
  /** Not worth running when this step has failed. */
  readonly after?: string;
}

const steps: readonly Step[] = [
  { title: 'Format and lint', command: ['biome', 'ci', '.', '--colors=off'] },
  { title: 'Types', command: ['npm', 'run', '--silent', 'types'] },
  { title: 'Import rules', command: ['npm', 'run', '--silent', 'deps'] },
  { title: 'Dead code', command: ['npm', 'run', '--silent', 'knip'] },
  { title: 'Generated files', command: ['npm', 'run', '--silent', 'generate', '--', '--check'] },
  { title: 'Build', command: [node, 'scripts/build.ts'] },
  { title: 'Package', command: [node, 'scripts/pack.ts'], after: 'Build' },
  { title: 'Package installs and runs', command: [node, 'scripts/test-package.ts'], after: 'Package' },
  { title: 'Wheel', command: [node, 'scripts/wheel.ts'], after: 'Package' },
  { title: 'Wheel installs and runs', command: [node, 'scripts/test-wheel.ts'], after: 'Wheel' },
  { title: 'Demo', command: [node, '-C', '@bucle/source', 'examples/flights/demo/run.ts', '--exit'] },
  { title: 'Second example', command: [node, '-C', '@bucle/source', 'examples/diabetes/demo/run.ts'] },
  { title: 'Java client', command: [node, 'scripts/test-java-client.ts'] },
  { title: 'Tests', command: [node, 'scripts/test.ts', '--no-skips'] },
];

const named = process.argv.slice(2);
const unknown = named.find((name) => !steps.some(({ title }) => title === name));
if (unknown !== undefined) {
  process.stderr.write(`There is no step ${unknown}. There are: ${steps.map(({ title }) => title).join(', ')}\n`);
  process.exit(2);
}

const failed = new Set<string>();
const summary: string[] = [];
for (const { title, command, after } of named.length === 0
  ? steps
  : steps.filter(({ title }) => named.includes(title))) {
  if (after !== undefined && failed.has(after)) {
    failed.add(title);
    summary.push(`not run  ${title}, since ${after} failed`);
    continue;
  }
  process.stdout.write(`\n=== ${title}\n`);
  const began = performance.now();
  const code = await run(command);
  if (code !== 0) failed.add(title);
  const seconds = `${Math.round((performance.now() - began) / 1000)} s`;
  summary.push(`${code === 0 ? 'ok      ' : 'FAILED  '} ${title}, ${seconds}`);
  process.stdout.write(`--- ${title}: ${code === 0 ? 'ok' : `FAILED with code ${code}`} after ${seconds}\n`);
}
process.stdout.write(`\n${summary.join('\n')}\n`);
if (failed.has('Tests')) {
  process.stdout.write(await readFile(join(root, '.setup', 'reports', 'failures.txt'), 'utf8').catch(() => ''));
}
process.exitCode = failed.size === 0 ? 0 : 1;

function run([program = '', ...args]: readonly string[]): Promise<number> {
  const path = [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, PATH: path },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      resolve(1);
    });
    child.once('close', (code) => resolve(code ?? 1));
  });
}
