import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@bucle/client';
import { createApp, startBackground } from '../src/app.ts';
import type { Context, Stage } from '../src/context.ts';
import { loadStages } from '../src/loop/index.ts';
import { type ContextOverrides, openContext } from '../src/open-context.ts';
import { type BlobConfig, type Config, parseConfig } from '../src/platform/config/config.ts';
import { readSettings } from '../src/platform/config/settings.ts';
import type { App } from '../src/platform/http/create-http.ts';
import { createLog } from '../src/platform/log.ts';
import { type DatabaseKind, databases } from './databases.ts';
import { createMigrated } from './migrated-database.ts';

export interface TestApp extends AsyncDisposable {
  readonly app: App;
  readonly context: Context;
  readonly client: Client;
  readonly baseUrl: string;
  readonly dataDir: string;
}

export interface TestAppOptions extends ContextOverrides {
  readonly database?: DatabaseKind;
  readonly blobs?: BlobConfig;
  readonly stages?: readonly Stage[];
  /** Start durable jobs and reactions; default true. */
  readonly background?: boolean;
  readonly config?: Partial<Config>;
}

/** A whole control server in this process, listening on a free port of loopback, on a database of its own. */
export async function testApp(options: TestAppOptions = {}): Promise<TestApp> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bucle-app-'));
  const kind = options.database ?? databases[0];
  if (!kind) throw new Error('No database to test on.');
  const stages = options.stages ?? (await loadStages());
  const database = await (options.stages === undefined ? createMigrated(kind, stages) : kind.create());
  const base = parseConfig(readSettings({}, { data: dataDir, port: '0', logLevel: 'silent' }));
  const config: Config = {
    ...base,
    database: database.config,
    ...(options.blobs === undefined ? {} : { blobs: options.blobs }),
    ...options.config,
  };
  const log = options.log ?? createLog(process.env['BUCLE_TEST_LOG'] ?? 'silent', 'test');
  const context = await openContext(config, stages, { ...options, log });
  const app = await createApp(context, stages);
  const baseUrl = await app.listen({ host: '127.0.0.1', port: config.port });
  // Jobs of the stages hand this address to processes that they start.
  Object.assign(context.config, { serverUrl: baseUrl });
  const background = options.background === false ? undefined : startBackground(context, stages);
  return {
    app,
    context,
    baseUrl,
    dataDir,
    client: createClient({ baseUrl }),
    async [Symbol.asyncDispose]() {
      await background?.[Symbol.asyncDispose]();
      await app.close();
      await context[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
