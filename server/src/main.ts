import { runGateway, runRunner, runServer } from './roles.ts';

/** The process: picks the role named by the first argument. `bucle up`, the supervisor and the driver of jobs start it. */
export async function runRole(
  role: string | undefined,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (role === 'server') return runServer(env);
  if (role === 'gateway') return runGateway(env);
  if (role === 'runner') return runRunner(args);
  throw new Error(`The role ${role ?? '(none)'} is not one of: server, gateway, runner.`);
}

if (import.meta.main) {
  await runRole(process.argv[2], process.argv.slice(3), process.env).catch((error: unknown) => {
    const { message, next } = error as { message: string; next?: string };
    process.stderr.write(`error: ${message}\n${next === undefined ? '' : `  next: ${next}\n`}`);
    process.exitCode = 1;
  });
}
