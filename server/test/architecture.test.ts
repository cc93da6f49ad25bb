import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import loop from '../src/loop/loop.json' with { type: 'json' };
import { allowed, planted, plantTree } from './planted-violations.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const config = join(root, '.dependency-cruiser.mjs');

async function look(folders: readonly string[], baseDir: string): Promise<ICruiseResult> {
  const options = await extractOptions(config);
  const { output } = await cruise([...folders], { ...options, baseDir, tsConfig: { fileName: 'tsconfig.json' } });
  return output as ICruiseResult;
}

const violationsOf = ({ summary }: ICruiseResult) =>
  summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, file: from, to }));

/** Files of this checkout, also those that are not committed yet. */
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  .toString()
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)));

test('a violation of each import rule is reported under the name of the rule', async () => {
  const options = await extractOptions(config);
  await using tree = await plantTree(root);
  const found = violationsOf(await look(['client', 'server'], tree.path));
  const missed = planted.filter(({ rule, file }) => !found.some((one) => one.rule === rule && one.file === file));
  expect(missed).toEqual([]);
  const rules = options.ruleSet?.forbidden?.map(({ name }) => name);
  expect(new Set(planted.map(({ rule }) => rule))).toEqual(new Set(rules));
  const wronged = found.filter(({ file }) => allowed.some((one) => one.file === file));
  expect(wronged).toEqual([]);
});

test('the check looks at every TypeScript file, and finds no violation', async () => {
  const folders = manifest.scripts.deps.split(' ').slice(3);
  const result = await look(folders, root);
  expect(violationsOf(result)).toEqual([]);
  const seen = result.modules.map(({ source }) => source).filter((source) => !source.includes('node_modules/'));
  const present = files.filter(
    (file) => file.endsWith('.ts') && folders.some((folder) => file.startsWith(`${folder}/`)),
  );
  expect(seen.filter((source) => source.endsWith('.ts')).sort()).toEqual(present.sort());
  expect(present.length).toBeGreaterThan(250);
});

test('a working stage has a README, a door and a stage.ts, and no other folder lies in the loop', async () => {
  const working = loop.stages.filter(({ works }) => works).map(({ name }) => name);
  const folders = await readdir(join(root, 'server/src/loop'), { withFileTypes: true });
  expect(folders.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort()).toEqual([...working].sort());
  const wanted = working.flatMap((name) => ['README.md', 'index.ts', 'stage.ts'].map((file) => `${name}/${file}`));
  expect(wanted.filter((file) => !existsSync(join(root, 'server/src/loop', file)))).toEqual([]);
});

test('no file written by hand has more than 400 lines, and none is a place for anything', async () => {
  const generated = new Set(['docs/cli.md', 'docs/errors.md', 'docs/config.md']);
  const written = files.filter((file) => /\.(ts|mjs|py|md|sh|css)$/.test(file) && !generated.has(file));
  const long: string[] = [];
  for (const file of written) {
    const lines = (await readFile(join(root, file), 'utf8')).split('\n').length - 1;
    if (lines > 400) long.push(`${file}: ${lines}`);
  }
  expect(long).toEqual([]);
  expect(files.filter((file) => /^(utils?|helpers?|common|misc|shared)\./.test(basename(file)))).toEqual([]);
});
