import { createApp, startBackground, tokensRequired } from './app.ts';
import type { Context } from './context.ts';
import { holdFolder } from './hold-folder.ts';
import { loadGateway, loadRunner, loadStages } from './loop/index.ts';
import { openContext } from './open-context.ts';
import { authErrors } from './platform/auth/errors.ts';
import { ensureGatewayToken } from './platform/auth/gateway-token.ts';
import { countLiveTokens } from './platform/auth/token.store.ts';
import { parseConfig } from './platform/config/config.ts';
import { makeDataFolder } from './platform/config/data-folder.ts';
import { readSettings } from './platform/config/settings.ts';
import { settingsFingerprint } from './platform/config/settings-fingerprint.ts';
import { explainListen } from './platform/http/listen.ts';
import { isLoopback } from './platform/http/loopback.ts';
import { createLog } from './platform/log.ts';
import { noteStart } from './platform/processes/start-note.ts';

/** The control server: API, controllers, durable jobs. Resolves when it was told to stop and has stopped. */
export async function runServer(env: NodeJS.ProcessEnv): Promise<void> {
  const config = parseConfig(readSettings(env));
  const log = createLog(config.logLevel, 'server');
  const stages = await loadStages();
  await makeDataFolder(config);
  await using _folder = await holdFolder(config, (data) => {
    log.warn({ data }, 'a server of another machine or container held this: waiting');
  });
  await using context = await openContext(config, stages, { log });
  await refuseOpenDoor(context);
  await ensureGatewayToken(context);
  const app = await createApp(context, stages);
  const { host, port } = config;
  await app.listen({ host, port }).catch((error: unknown) => {
    throw explainListen(error, { what: 'server', host, port, flag: '--port' });
  });
  await using _background = startBackground(context, stages);
  log.info({ url: config.serverUrl, database: config.database.kind, blobs: config.blobs.kind }, 'server ready');
  await noteReady(env, config.serverUrl);
  await untilStopped();
  await app.close();
}

/** The gateway: answers callers of models, also while the control server is away. */
export async function runGateway(env: NodeJS.ProcessEnv): Promise<void> {
  const config = parseConfig(readSettings(env));
  const { startGateway } = await loadGateway();
  await makeDataFolder(config);
  const { host, gatewayPort: port } = config;
  await using _gateway = await startGateway(config).catch((error: unknown) => {
    throw explainListen(error, { what: 'gateway', host, port, flag: '--gateway-port' });
  });
  await noteReady(env, config.gatewayUrl);
  await untilStopped();
}

/** The runner of one attempt of a job: owns its process group, outlives the server. */
export async function runRunner(args: readonly string[]): Promise<void> {
  const { runAttempt } = await loadRunner();
  const [folder] = args;
  if (folder === undefined) throw new Error('The runner needs the folder of its attempt.');
  process.exitCode = await runAttempt(folder);
}

async function refuseOpenDoor(context: Context): Promise<void> {
  if (!tokensRequired(context)) return;
  if ((await countLiveTokens(context.db.read, context.clock.now())) > 0) return;
  if (isLoopback(context.config.host)) throw authErrors.NO_TOKEN();
  throw authErrors.TOKENS_REQUIRED({ host: context.config.host });
}

function noteReady(env: NodeJS.ProcessEnv, url: string): Promise<void> {
  return noteStart(env, { kind: 'ready', url, settings: settingsFingerprint(readSettings(env)) });
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
