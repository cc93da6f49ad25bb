import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../src/context.ts';
import { openContext } from '../src/open-context.ts';
import { parseConfig } from '../src/platform/config/config.ts';
import { readSettings } from '../src/platform/config/settings.ts';
import { createLog } from '../src/platform/log.ts';
import type { DatabaseKind, TestDatabase } from './databases.ts';

/** A fresh database with the schema of these stages: a copy of one that was migrated once for the whole test run. */
export async function createMigrated(kind: DatabaseKind, stages: readonly Stage[]): Promise<TestDatabase> {
  return kind.create(await templateOf(kind, stages));
}

/** The first worker that needs it makes it; the others wait. */
async function templateOf(kind: DatabaseKind, stages: readonly Stage[]): Promise<string> {
  const folder = process.env['BUCLE_TEST_TEMPLATES'];
  if (folder === undefined) throw new Error('global-setup.ts makes a folder for the templates.');
  const note = join(folder, kind.name);
  const known = await readFile(note, 'utf8').catch(() => null);
  if (known !== null) return known;
  const isMaker = await mkdir(`${note}.making`).then(
    () => true,
    () => false,
  );
  if (isMaker) {
    await writeFile(`${note}.tmp`, await makeTemplate(kind, stages));
    await rename(`${note}.tmp`, note);
  }
  for (let tries = 0; tries < 600; tries += 1) {
    const made = await readFile(note, 'utf8').catch(() => null);
    if (made !== null) return made;
    await sleep(50);
  }
  throw new Error(`The worker that makes the template of ${kind.name} never finished.`);
}

async function makeTemplate(kind: DatabaseKind, stages: readonly Stage[]): Promise<string> {
  const database = await kind.create();
  const data = await mkdtemp(join(tmpdir(), 'bucle-template-'));
  const config = { ...parseConfig(readSettings({}, { data, logLevel: 'silent' })), database: database.config };
  const context = await openContext(config, stages, { log: createLog('silent', 'test') });
  await context[Symbol.asyncDispose]();
  await rm(data, { recursive: true, force: true });
  return database.config.kind === 'sqlite' ? database.config.path : new URL(database.config.url).pathname.slice(1);
}
