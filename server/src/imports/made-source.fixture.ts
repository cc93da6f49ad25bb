import { fileURLToPath } from 'node:url';
import { testPython } from '../../test/python.ts';
import { inheritedEnvironment } from '../platform/config/inherited-environment.ts';
import { run } from '../platform/processes/run.ts';
import type { ImportReport } from './report.ts';

const script = fileURLToPath(new URL('./mlflow-source.fixture.py', import.meta.url));

/** Fills a store with one of everything by MLflow itself; answers the ids of what it made. */
export async function makeSource(cwd: string, uri: string, root?: string): Promise<Record<string, string>> {
  const env = { ...inheritedEnvironment(), PYTHONDONTWRITEBYTECODE: '1' };
  const words = [script, uri, ...(root === undefined ? [] : [root])];
  const { code, stdout, stderr } = await run(testPython(), words, { env, cwd });
  if (code !== 0) throw new Error(`No source was made: ${stderr.slice(-2_000)}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, string>;
}

export function reportOf({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): ImportReport {
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as ImportReport;
}
