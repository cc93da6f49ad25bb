import { noteStart } from './platform/processes/start-note.ts';
import { roleErrors } from './role-errors.ts';
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
  throw roleErrors.UNKNOWN({ role: role ?? '(none)' });
}

if (import.meta.main) {
  const [role, ...args] = process.argv.slice(2);
  await runRole(role, args, process.env).catch(async (error: unknown) => {
    const { message, next } = error as { message: string; next?: string };
    process.stderr.write(`error: ${message}\n${next === undefined ? '' : `  next: ${next}\n`}`);
    process.exitCode = 1;
    // The runner of a job inherits the variable of its server, but speaks to nobody.
    if (role !== 'runner') await noteStart(process.env, { kind: 'refused', message, next: next ?? null });
  });
}
