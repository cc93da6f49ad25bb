import { run } from '../processes/run.ts';
import { ensureUv } from './ensure-uv.ts';
import { inspectPython } from './inspect-python.ts';
import { uvEnvironment } from './install-packages.ts';

/**
 * An interpreter of this machine with the same minor version as `version` (`3.11.7`): the given one, or
 * one that uv finds; `null` when there is none. Nothing is downloaded.
 */
export async function findPython(
  options: { readonly root: string; readonly python: string },
  version: string,
): Promise<string | null> {
  const minor = /^\d+\.\d+/.exec(version)?.[0];
  if (minor === undefined) return options.python;
  const given = await inspectPython(options.python);
  if (given.version.startsWith(`${minor}.`)) return options.python;
  const uv = await ensureUv(options);
  const args = ['python', 'find', '--no-project', '--system', minor];
  const { code, stdout } = await run(uv, args, { env: uvEnvironment(), timeoutMs: 60_000 });
  return code === 0 && stdout.trim() !== '' ? stdout.trim() : null;
}
