import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Io } from '../command.ts';
import { policyCliErrors } from './errors.ts';

/**
 * The policies of a YAML or JSON file: those under `policies`, as in bucle.yaml, or one with a `name` of its own.
 * @throws CLI_POLICY_UNREADABLE
 */
export async function readPolicies(
  { cwd }: Pick<Io, 'cwd'>,
  path: string,
  onlyName: string | null = null,
): Promise<Record<string, unknown>> {
  const value = await parse(resolve(cwd, path), path);
  if (isRecord(value['policies'])) return value['policies'];
  const { name = onlyName, ...policy } = value;
  if (typeof name === 'string') return { [name]: policy };
  throw policyCliErrors.UNREADABLE({ path, reason: 'it has neither `policies` nor a policy with a `name`' });
}

async function parse(absolute: string, path: string): Promise<Record<string, unknown>> {
  const { parse: parseYaml } = await import('yaml');
  let value: unknown;
  try {
    value = parseYaml(await readFile(absolute, 'utf8'));
  } catch (cause) {
    const reason = (cause as Error).message.split('\n')[0] ?? 'it is no YAML';
    throw policyCliErrors.UNREADABLE({ path, reason }, { cause });
  }
  if (isRecord(value)) return value;
  throw policyCliErrors.UNREADABLE({ path, reason: 'it holds no policy' });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
