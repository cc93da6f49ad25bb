import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../server/src/app.ts';
import { backupErrors } from '../../server/src/backup/errors.ts';
import { artifactErrors } from '../../server/src/cli/artifacts/errors.ts';
import { dataCliErrors } from '../../server/src/cli/data/errors.ts';
import { endpointErrors } from '../../server/src/cli/endpoints/errors.ts';
import { jobErrors as jobCliErrors } from '../../server/src/cli/jobs/errors.ts';
import { labelCliErrors } from '../../server/src/cli/labels/errors.ts';
import { policyCliErrors } from '../../server/src/cli/policies/errors.ts';
import { projectCliErrors } from '../../server/src/cli/project/errors.ts';
import { runErrors } from '../../server/src/cli/runs/errors.ts';
import { snapshotErrors } from '../../server/src/cli/snapshot/errors.ts';
import { traceErrors } from '../../server/src/cli/traces/errors.ts';
import { upErrors } from '../../server/src/cli/up/errors.ts';
import { engineErrors } from '../../server/src/engines/errors.ts';
import { importErrors } from '../../server/src/imports/errors.ts';
import { loadStages } from '../../server/src/loop/index.ts';
import loop from '../../server/src/loop/loop.json' with { type: 'json' };
import { openContext } from '../../server/src/open-context.ts';
import { authErrors } from '../../server/src/platform/auth/errors.ts';
import { blobErrors } from '../../server/src/platform/blobs/blob-store.ts';
import { configErrors, parseConfig } from '../../server/src/platform/config/config.ts';
import { readSettings } from '../../server/src/platform/config/settings.ts';
import { databaseErrors } from '../../server/src/platform/db/foreign-database.ts';
import { environmentErrors } from '../../server/src/platform/environments/errors.ts';
import { platformErrors } from '../../server/src/platform/errors.ts';
import { listenErrors } from '../../server/src/platform/http/listen.ts';
import { jobErrors } from '../../server/src/platform/jobs/jobs.ts';
import { parquetErrors } from '../../server/src/platform/parquet/errors.ts';
import { webhookErrors } from '../../server/src/platform/webhooks/errors.ts';
import { ProjectFile, projectErrors } from '../../server/src/project/index.ts';
import { roleErrors } from '../../server/src/role-errors.ts';
import { writeCommands } from './command-pages.ts';
import { writeConfig, writeErrors } from './error-pages.ts';
import { drawLoop } from './loop-picture.ts';

// `npm run generate` writes what is derived from the code; with --check it only says what is stale, and exits with 1.
const root = new URL('../../', import.meta.url);
const check = process.argv.includes('--check');
const stages = await loadStages();
/** Those of no stage. */
const catalogues = [
  ...[platformErrors, authErrors, blobErrors, configErrors, environmentErrors, jobErrors, listenErrors, parquetErrors],
  ...[engineErrors, roleErrors, upErrors, dataCliErrors, endpointErrors, jobCliErrors, runErrors, snapshotErrors],
  ...[projectErrors, projectCliErrors, labelCliErrors, policyCliErrors, webhookErrors],
  ...[artifactErrors, backupErrors, databaseErrors, importErrors, traceErrors],
];
const files: Record<string, string> = {
  'docs/openapi.json': await describeApi(),
  'docs/errors.md': writeErrors([...catalogues.map(({ specs }) => specs), ...stages.map((stage) => stage.errors)]),
  'docs/config.md': writeConfig(),
  'docs/bucle.schema.json': `${JSON.stringify(ProjectFile, null, 2)}\n`,
  'docs/cli.md': await writeCommands(),
  'docs/loop.svg': drawLoop(loop.stages),
};

const stale: string[] = [];
for (const [path, text] of Object.entries(files)) {
  const url = new URL(path, root);
  const present = await readFile(url, 'utf8').catch(() => null);
  if (present === text) continue;
  stale.push(path);
  if (!check) {
    await mkdir(new URL('.', url), { recursive: true });
    await writeFile(url, text);
  }
}
if (stale.length > 0) process.stdout.write(`${check ? 'Stale' : 'Written'}: ${stale.join(', ')}\n`);
if (check && stale.length > 0) {
  process.stderr.write('Run `npm run generate` and commit what it wrote.\n');
  process.exitCode = 1;
}

async function describeApi(): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'bucle-generate-'));
  try {
    const config = parseConfig(readSettings({}, { data, logLevel: 'silent' }));
    await using context = await openContext(config, stages);
    const app = await createApp(context, stages);
    await app.ready();
    const document = app.swagger();
    await app.close();
    return `${JSON.stringify(document, null, 2)}\n`;
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}
