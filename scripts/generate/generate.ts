import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../server/src/app.ts';
import { loadStages } from '../../server/src/loop/index.ts';
import loop from '../../server/src/loop/loop.json' with { type: 'json' };
import { openContext } from '../../server/src/open-context.ts';
import { authErrors } from '../../server/src/platform/auth/errors.ts';
import { configErrors, parseConfig } from '../../server/src/platform/config/config.ts';
import { readSettings } from '../../server/src/platform/config/settings.ts';
import { platformErrors } from '../../server/src/platform/errors.ts';
import { writeCommands } from './command-pages.ts';
import { writeConfig, writeErrors } from './error-pages.ts';
import { drawLoop } from './loop-picture.ts';

// `npm run generate` writes what is derived from the code; with --check it only says what is stale, and exits with 1.
const root = new URL('../../', import.meta.url);
const check = process.argv.includes('--check');
const stages = await loadStages();
const files: Record<string, string> = {
  'docs/openapi.json': await describeApi(),
  'docs/errors.md': writeErrors([
    platformErrors.specs,
    authErrors.specs,
    configErrors.specs,
    ...stages.map((stage) => stage.errors),
  ]),
  'docs/config.md': writeConfig(),
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
