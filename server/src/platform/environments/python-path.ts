import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder to put on PYTHONPATH for Bucle's own Python package: in a checkout or in the installed npm package. */
export function pythonPath(): string {
  const candidates = ['../../../python', '../../../../python'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const found = candidates.find((folder) => existsSync(`${folder}/bucle`));
  if (found === undefined) throw new Error(`Bucle's Python package is missing: looked in ${candidates.join(', ')}.`);
  return found;
}
