import { delimiter } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Ours, npm's and Python's own: what a child gets of these it is given by name. */
const KEPT_BACK = /^(BUCLE_|MLFLOW_|NODE_|npm_|PYTHON|VIRTUAL_ENV|CONDA_|UV_PROJECT|UV_PYTHON$|INIT_CWD$|_$)/;

/**
 * What a child process may see of this one's environment: paths, proxies, certificates and the user's own
 * variables, but no secret or setting of Bucle, and nothing that bends another Python.
 */
export function inheritedEnvironment(env: Environment = process.env): Record<string, string> {
  const kept = Object.entries(env).filter(([name, value]) => value !== undefined && !KEPT_BACK.test(name));
  const own = env['NODE_EXTRA_CA_CERTS'];
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    ...(own === undefined ? {} : { NODE_EXTRA_CA_CERTS: own }),
    PATH: withoutNodeModules(env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'),
  };
}

// npm puts its own folders first when it runs a script; a job must not find other programs because of that.
function withoutNodeModules(path: string): string {
  return path
    .split(delimiter)
    .filter((folder) => !/node_modules\/(\.bin|npm)|node-gyp-bin/.test(folder))
    .join(delimiter);
}
