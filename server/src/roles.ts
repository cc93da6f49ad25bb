import { createApp, startBackground, tokensRequired } from './app.ts';
import type { Context } from './context.ts';
import { loadGateway, loadRunner, loadStages } from './loop/index.ts';
import { openContext } from './open-context.ts';
import { authErrors } from './platform/auth/errors.ts';
import { ensureGatewayToken } from './platform/auth/gateway-token.ts';
import { countLiveTokens } from './platform/auth/token.store.ts';
import { parseConfig } from './platform/config/config.ts';
import { readSettings } from './platform/config/settings.ts';

/** The control server: API, controllers, durable jobs. Resolves when it was told to stop and has stopped. */
export async function runServer(env: NodeJS.ProcessEnv): Promise<void> {
  const config = parseConfig(readSettings(env));
  const stages = await loadStages();
  await using context = await openContext(config, stages);
  await refuseOpenDoor(context);
  await ensureGatewayToken(context);
  const app = await createApp(context, stages);
  await app.listen({ host: config.host, port: config.port });
  await using _background = startBackground(context, stages);
  context.log.info({ url: config.serverUrl, database: config.database.kind, blobs: config.blobs.kind }, 'server ready');
  await untilStopped();
  await app.close();
}

/** The gateway: answers callers of models, also while the control server is away. */
export async function runGateway(env: NodeJS.ProcessEnv): Promise<void> {
  const { startGateway } = await loadGateway();
  await using _gateway = await startGateway(parseConfig(readSettings(env)));
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
  throw authErrors.TOKENS_REQUIRED({ host: context.config.host });
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
