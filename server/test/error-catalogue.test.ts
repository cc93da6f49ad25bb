import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { ErrorSpec } from '../src/platform/errors.ts';

const sources = fileURLToPath(new URL('../src', import.meta.url));
const page = new URL('../../docs/errors.md', import.meta.url);

/** Every code of every catalogue in the sources, found by what modules export. */
async function declaredErrors(): Promise<Map<string, ErrorSpec>> {
  const codes = new Map<string, ErrorSpec>();
  for (const entry of await readdir(sources, { recursive: true })) {
    if (!entry.endsWith('.ts') || entry.endsWith('.test.ts')) continue;
    const path = join(sources, entry);
    if (!(await readFile(path, 'utf8')).includes('= defineErrors(')) continue;
    const module = (await import(pathToFileURL(path).href)) as Record<string, { specs?: Record<string, ErrorSpec> }>;
    for (const { specs = {} } of Object.values(module)) {
      for (const [code, spec] of Object.entries(specs)) codes.set(code, spec);
    }
  }
  return codes;
}

describe('the error catalogue', () => {
  test('docs/errors.md lists exactly the codes that exist', async () => {
    const documented = [...(await readFile(page, 'utf8')).matchAll(/^## (\w+)$/gm)].map(([, code]) => code);
    const declared = [...(await declaredErrors()).keys()];
    expect(declared.length).toBeGreaterThan(100);
    expect(documented).toEqual(declared.sort());
  });

  test('every message is a sentence, and statuses are those of errors', async () => {
    const wrong = [...(await declaredErrors())].filter(
      ([, { message, status }]) => !/[.:}!`]$/.test(message) || status < 400 || status > 599,
    );
    expect(wrong).toEqual([]);
  });
});
