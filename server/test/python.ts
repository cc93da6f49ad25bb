import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const prepared = fileURLToPath(new URL('../../.setup/python/bin/python', import.meta.url));

/** The Python that has MLflow and what else the tests need. @throws when it was not set up */
export function testPython(): string {
  const path = process.env['BUCLE_TEST_PYTHON'] ?? prepared;
  if (existsSync(path)) return path;
  throw new Error(
    `There is no Python at ${path}: run \`npm test\` once to set it up, or name one in BUCLE_TEST_PYTHON.`,
  );
}
