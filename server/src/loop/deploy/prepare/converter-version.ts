import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pythonPath } from '../../../platform/environments/python-path.ts';

let known: Promise<string> | undefined;

/** Changes with the converter's code and the packages that it is pinned to: results are kept per version. */
export function converterVersion(): Promise<string> {
  known ??= compute(pythonPath());
  return known;
}

async function compute(root: string): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(root, 'convert-requirements.txt')));
  const names = (await readdir(join(root, 'bucle'))).filter((name) => name.endsWith('.py')).sort();
  for (const name of names) hash.update(`${name}\n`).update(await readFile(join(root, 'bucle', name)));
  return hash.digest('hex').slice(0, 16);
}
