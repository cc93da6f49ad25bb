import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import loop from '../src/loop/loop.json' with { type: 'json' };

export interface Planted {
  readonly rule: string;
  /** A file of the tree, and what it says; its imports are the violation. */
  readonly file: string;
  readonly text: string;
}

export const stageNames = loop.stages.map(({ name }) => name);

/** At least one violation of each rule of .dependency-cruiser.mjs. */
export const planted: readonly Planted[] = [
  ...stageNames.flatMap(violationsOfStage),
  plant('platform', 'platform/knows-a-stage.ts', '../loop/track/index.ts'),
  plant('platform', 'platform/knows-the-app.ts', '../app.ts'),
  plant('engines', 'engines/knows-a-stage.ts', '../loop/data/index.ts'),
  plant('views', 'views/looks-inside.ts', '../loop/data/inner.ts'),
  plant('views', 'views/runs-models.ts', '../engines/engine.ts'),
  plant('project', 'project/looks-inside.ts', '../loop/data/inner.ts'),
  plant('imports', 'imports/looks-inside.ts', '../loop/data/inner.ts'),
  plant('imports', 'imports/calls-the-cli.ts', '../cli/up.ts'),
  plant('backup', 'backup/knows-a-stage.ts', '../loop/data/index.ts'),
  plant('backup', 'backup/calls-the-app.ts', '../app.ts'),
  plant('cli', 'cli/opens-the-database.ts', '../platform/db/database.ts'),
  plant('cli', 'cli/knows-a-stage.ts', '../loop/data/index.ts'),
  plant('cli-main-lazily', 'cli/loads-the-server.ts', '../main.ts'),
  plant('cli-main-lazily', 'cli/loads-the-copying.ts', '../keep-data.ts'),
  plant('assembly-as-types', 'loop/track/runs-the-context.ts', '../../context.ts'),
  plant('stage-file', 'roles.ts', './loop/data/stage.ts'),
  plant('loop-index', 'loop/index.ts', './data/inner.ts'),
  plant('inside-of-a-stage', 'open-context.ts', './loop/data/inner.ts'),
  plant('tables-as-types', 'database.ts', './loop/data/inner.store.ts'),
  plant('door-kysely', 'loop/data/ask.ts', 'kysely'),
  plant('door-postgres', 'platform/http/ask.ts', 'pg'),
  plant('door-sqlite', 'loop/data/open.ts', 'node:sqlite'),
  plant('door-fastify', 'loop/data/listen.ts', 'fastify'),
  plant('door-processes', 'engines/start.ts', 'node:child_process'),
  plant('door-duckdb', 'loop/data/analyse.ts', '@duckdb/node-api'),
  plant('door-onnx', 'loop/serve/predict.ts', 'onnxruntime-node'),
  plant('door-s3', 'platform/jobs/store.ts', '@aws-sdk/client-s3'),
  { rule: 'client-alone', file: 'client/src/reads-files.ts', text: "import 'node:fs';\n" },
  { rule: 'client-alone', file: 'client/src/knows-the-server.ts', text: "import '../../server/src/version.ts';\n" },
  { rule: 'client-alone', file: 'client/src/has-a-dependency.ts', text: "import 'kysely';\n" },
  plant('client-door', 'cli/reaches-inside.ts', '../../../client/src/inner.ts'),
  plant('no-test-code', 'loop/data/borrows.ts', './rows.fixture.ts'),
  plant('no-cycle', 'platform/back.ts', './there.ts'),
  plant('resolves', 'platform/lost.ts', './nowhere.ts'),
];

/** What the rules allow, beside the violations: none of it may be reported. */
export const allowed: readonly Omit<Planted, 'rule'>[] = [
  source('loop/data/uses-doors.ts', ['../track/index.ts', './inner.ts', '../../platform/clock.ts', '../../version.ts']),
  source('loop/serve/uses-engines.ts', ['../../engines/engine.ts', '../deploy/index.ts']),
  source('loop/data/rows.store.ts', ['kysely']),
  source('loop/data/rows.routes.ts', ['fastify']),
  source('loop/data/rows.test.ts', ['../retrain/inner.ts', 'node:child_process', './rows.fixture.ts']),
  source('views/home.ts', ['../loop/retrain/index.ts', '../platform/clock.ts']),
  source('cli/up.ts', ['../platform/processes/run.ts', '../platform/config/config.ts', '../../../client/src/index.ts']),
  { file: 'server/src/cli/server.ts', text: "export const load = () => import('../main.ts');\n" },
  {
    file: 'server/src/loop/track/typed.ts',
    text: "import type { X } from '../../context.ts';\nimport type { Y } from 'kysely';\nexport type Z = X | Y;\n",
  },
];

const targets = [
  ...stageNames.flatMap((stage) => ['index', 'stage', 'inner'].map((name) => `loop/${stage}/${name}`)),
  ...[
    'loop/data/inner.store',
    'loop/data/rows.fixture',
    'context',
    'app',
    'main',
    'keep-data',
    'version',
    'engines/engine',
  ],
  ...['platform/clock', 'platform/db/database', 'platform/processes/run', 'platform/config/config'],
];

/** A tree with all of it, and this checkout's packages. */
export async function plantTree(root: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'bucle-rules-')));
  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), text);
  };
  for (const target of targets) await write(`server/src/${target}.ts`, 'export type X = string;\n');
  for (const name of ['index', 'inner']) await write(`client/src/${name}.ts`, 'export const x = 1;\n');
  await write('server/src/platform/there.ts', "import './back.ts';\n");
  for (const { file, text } of [...planted, ...allowed]) await write(file, text);
  await write('tsconfig.json', '{}');
  await symlink(join(root, 'node_modules'), join(path, 'node_modules'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A stage may see neither later doors, nor inner files of earlier ones, nor the folders above it. */
function violationsOfStage(stage: string, position: number): Planted[] {
  const rule = `stage-${stage}`;
  const earlier = stageNames[position - 1];
  const later = stageNames[position + 1];
  return [
    ...(later === undefined ? [] : [plant(rule, `loop/${stage}/looks-ahead.ts`, `../${later}/index.ts`)]),
    ...(earlier === undefined ? [] : [plant(rule, `loop/${stage}/looks-inside.ts`, `../${earlier}/inner.ts`)]),
    plant(rule, `loop/${stage}/calls-the-app.ts`, '../../app.ts'),
    ...(['evaluate', 'deploy', 'serve'].includes(stage)
      ? []
      : [plant(rule, `loop/${stage}/runs-models.ts`, '../../engines/engine.ts')]),
  ];
}

function plant(rule: string, file: string, target: string): Planted {
  return { rule, ...source(file, [target]) };
}

function source(file: string, imports: readonly string[]): Omit<Planted, 'rule'> {
  return { file: `server/src/${file}`, text: imports.map((target) => `import '${target}';\n`).join('') };
}
