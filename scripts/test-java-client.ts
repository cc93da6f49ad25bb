import { spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { python, startFresh } from './fresh-bucle.ts';

// MLflow's own Java client against a fresh server: Maven builds `server/test/java-client`, which prints a line per check.
const root = fileURLToPath(new URL('../', import.meta.url));
const project = join(root, 'server/test/java-client/pom.xml');
const out = join(root, '.setup/java-client');
const classPath = join(out, 'class-path.txt');
const MAVEN_MS = 600_000;
const CHECKS_MS = 180_000;

await mkdir(out, { recursive: true });
await run('mvn', ['-q', '-B', '-f', project, 'compile'], MAVEN_MS);
await run('mvn', ['-q', '-B', '-f', project, 'dependency:build-classpath', `-Dmdep.outputFile=${classPath}`], MAVEN_MS);
const libraries = (await readFile(classPath, 'utf8')).trim();
{
  await using place = await startFresh('java-client');
  // The client calls MLflow's Python command line for artifacts.
  const path = [dirname(python), process.env['PATH']].join(delimiter);
  const env = { ...process.env, PATH: path, MLFLOW_TRACKING_URI: place.serverUrl };
  await run(
    'java',
    ['-cp', `${join(out, 'classes')}${delimiter}${libraries}`, 'ClientCheck', place.serverUrl],
    CHECKS_MS,
    env,
  );
}

/** Runs to the end, with its output shown; a code other than 0, and taking too long, throw. */
function run(program: string, args: readonly string[], timeoutMs: number, env: NodeJS.ProcessEnv = process.env) {
  return new Promise<void>((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'inherit', 'inherit'], timeout: timeoutMs });
    child.once('error', (error) => reject(new Error(`${program} does not start: ${error.message}`, { cause: error })));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ended with ${code ?? signal}.`));
    });
  });
}
