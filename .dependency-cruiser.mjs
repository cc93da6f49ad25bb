import loop from './server/src/loop/loop.json' with { type: 'json' };

// The import rules of CONTRIBUTING.md, built from loop.json. server/test/architecture.test.ts plants a violation of each.

/** Tests and what only tests use may reach anywhere. */
const TESTS = '\\.(test|fixture)\\.ts$|^server/test/';
const STAGES = '^server/src/loop/[^/]+/';
const DOORS = '^server/src/loop/[^/]+/index\\.ts$';
/** Assembled above everything: what lies below sees their types only. */
const ASSEMBLY = '^server/src/(context|database)\\.ts$';
const VERSION = '^server/src/version\\.ts$';
const TYPES = ['type-only', 'type-import'];
const RUN_MODELS = ['evaluate', 'deploy', 'serve'];

const names = loop.stages.map(({ name }) => name);

const stageRules = names.map((name, position) => {
  const earlier = names.slice(0, position);
  return {
    name: `stage-${name}`,
    comment: `${name} imports itself, the doors of earlier stages (${earlier.join(', ') || 'there are none'}), platform/${RUN_MODELS.includes(name) ? ' and engines/' : ''}.`,
    severity: 'error',
    from: { path: `^server/src/loop/${name}/`, pathNot: TESTS },
    to: {
      path: '^server/src/',
      pathNot: [
        `^server/src/loop/${name}/`,
        ...(earlier.length === 0 ? [] : [`^server/src/loop/(${earlier.join('|')})/index\\.ts$`]),
        '^server/src/platform/',
        VERSION,
        ...(RUN_MODELS.includes(name) ? ['^server/src/engines/'] : []),
        ASSEMBLY,
      ],
    },
  };
});

/** A folder that may use only some others of server/src. */
const folderRule = (name, folder, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: folder, pathNot: TESTS },
  to: { path: '^server/src/', pathNot: [folder, VERSION, ...allowed] },
});

/** A package that is imported, by value, in one place only. */
const doorRule = (name, target, allowed, comment) => ({
  name: `door-${name}`,
  comment,
  severity: 'error',
  from: { path: '^(server|client)/src/', pathNot: [TESTS, ...allowed] },
  to: { path: target, dependencyTypesNot: TYPES },
});

export default {
  forbidden: [
    ...stageRules,
    folderRule(
      'platform',
      '^server/src/platform/',
      [ASSEMBLY],
      'platform/ knows nothing of ML, of the CLI and of the app.',
    ),
    folderRule('engines', '^server/src/engines/', ['^server/src/platform/'], 'engines/ knows no stage.'),
    folderRule(
      'views',
      '^server/src/views/',
      [DOORS, '^server/src/platform/', ASSEMBLY],
      'views/ reads through the doors of stages.',
    ),
    folderRule(
      'project',
      '^server/src/project/',
      [DOORS, '^server/src/platform/', ASSEMBLY],
      'project/ works through the doors of stages.',
    ),
    folderRule(
      'imports',
      '^server/src/imports/',
      [DOORS, '^server/src/platform/', ASSEMBLY],
      'imports/ works through the doors of stages.',
    ),
    folderRule(
      'backup',
      '^server/src/backup/',
      ['^server/src/platform/'],
      'backup/ copies tables and blobs, whatever they mean: it knows no stage.',
    ),
    folderRule(
      'cli',
      '^server/src/cli/',
      [
        '^server/src/platform/(processes|config)/',
        '^server/src/platform/(errors|nearest)\\.ts$',
        '^server/src/(main|keep-data|imports/read-side)\\.ts$',
      ],
      'The CLI is a client: @bucle/client, platform/{processes,config,errors,nearest}, main, what copies data, and what reads the source of an import.',
    ),
    {
      name: 'cli-main-lazily',
      comment:
        'The CLI starts without the server: it imports main, and what a copy or an import needs, only when a command needs it.',
      severity: 'error',
      from: { path: '^server/src/cli/', pathNot: TESTS },
      to: { path: '^server/src/(main|keep-data|imports/read-side)\\.ts$', dynamic: false, dependencyTypesNot: TYPES },
    },
    {
      name: 'assembly-as-types',
      comment: 'The context and the list of tables are put together above; below, only their types are used.',
      severity: 'error',
      from: { path: '^server/src/(loop/[^/]+|engines|platform|views|project|imports)/', pathNot: TESTS },
      to: { path: ASSEMBLY, dependencyTypesNot: TYPES },
    },
    {
      name: 'stage-file',
      comment: 'stage.ts of a stage is for loop/index.ts.',
      severity: 'error',
      from: { pathNot: ['^server/src/loop/index\\.ts$', TESTS] },
      to: { path: `${STAGES}stage\\.ts$` },
    },
    {
      name: 'loop-index',
      comment:
        'loop/index.ts puts stages together by their stage.ts and doors, and names the main modules of other processes.',
      severity: 'error',
      from: { path: '^server/src/loop/index\\.ts$' },
      to: { path: STAGES, pathNot: [`${STAGES}stage\\.ts$`, DOORS, '-main\\.ts$'] },
    },
    {
      name: 'inside-of-a-stage',
      comment: 'Whoever is no stage sees doors only; database.ts also the types of tables.',
      severity: 'error',
      from: {
        path: '^(server/src|scripts|examples|bench)/',
        pathNot: ['^server/src/loop/', '^server/src/database\\.ts$', TESTS],
      },
      to: { path: STAGES, pathNot: DOORS },
    },
    {
      name: 'tables-as-types',
      comment: 'database.ts puts types together and runs nothing.',
      severity: 'error',
      from: { path: '^server/src/database\\.ts$' },
      to: { path: '^server/src/', dependencyTypesNot: TYPES },
    },
    doorRule(
      'kysely',
      '(^|/)node_modules/kysely/',
      ['\\.store\\.ts$', '/migrations/', '^server/src/platform/(db|jobs|events|auth)/'],
      'SQL is in stores, migrations and the parts of platform/ that own tables.',
    ),
    doorRule('postgres', '(^|/)node_modules/pg/', ['^server/src/platform/db/'], 'pg is in platform/db.'),
    doorRule('sqlite', '^(node:)?sqlite$', ['^server/src/platform/db/'], 'node:sqlite is in platform/db.'),
    doorRule(
      'fastify',
      '(^|/)node_modules/(fastify|@fastify/[^/]+)/',
      ['\\.routes\\.ts$', '^server/src/platform/http/', '^server/src/app\\.ts$'],
      'HTTP is in routes, platform/http and app.ts.',
    ),
    doorRule(
      'processes',
      '^(node:)?child_process$',
      ['^server/src/platform/processes/'],
      'Processes start in platform/processes.',
    ),
    doorRule(
      'duckdb',
      '(^|/)node_modules/@duckdb/',
      ['^server/src/platform/parquet/'],
      'DuckDB is in platform/parquet.',
    ),
    doorRule('onnx', '(^|/)node_modules/onnxruntime-', ['^server/src/engines/'], 'ONNX is in engines.'),
    doorRule(
      's3',
      '(^|/)node_modules/(@aws-sdk|@smithy)/',
      ['^server/src/platform/blobs/'],
      'The S3 SDK is in platform/blobs.',
    ),
    {
      name: 'client-alone',
      comment: 'The client has no dependencies and runs in a browser.',
      severity: 'error',
      from: { path: '^client/src/', pathNot: TESTS },
      to: { pathNot: '^client/src/' },
    },
    {
      name: 'client-door',
      comment: 'The client is used through what its package exports.',
      severity: 'error',
      from: { path: '^(server|scripts|examples|bench)/' },
      to: { path: '^client/src/', pathNot: '^client/src/(chunks/)?index\\.ts$' },
    },
    {
      name: 'no-test-code',
      comment: 'What ships uses nothing that is made for tests.',
      severity: 'error',
      from: { path: '^(server|client)/src/', pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: 'no-cycle',
      comment: 'No cycle when modules load; types may go round, and so may what is imported lazily.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: [...TYPES, 'dynamic-import'] } },
    },
    { name: 'resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(client|server)/dist/|^\\.(setup|bucle)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@bucle/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.d.ts'],
    },
    skipAnalysisNotInRules: true,
  },
};
