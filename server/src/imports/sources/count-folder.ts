import { join } from 'node:path';
import { filesBelow, foldersIn, isFile } from './folder-files.ts';
import { NOT_RUNS } from './folder-runs.ts';

/** By names only: points are not counted, since lines that came twice are one. */
export async function countFolder(places: readonly string[]): Promise<Record<string, number>> {
  const total: Record<string, number> = {};
  const add = (what: string, count: number) => {
    total[what] = (total[what] ?? 0) + count;
  };
  for (const place of places) {
    add('experiments', 1);
    add('experiment tags', await filesIn(join(place, 'tags')));
    const runs = (await foldersIn(place, silent)).filter((name) => !NOT_RUNS.includes(name));
    for (const run of await withMeta(place, runs)) {
      add('runs', 1);
      add('params', await filesIn(join(run, 'params')));
      add('tags', await filesIn(join(run, 'tags')));
    }
    const models = join(place, 'models');
    for (const model of await withMeta(models, await foldersIn(models, silent))) {
      add('logged models', 1);
      add('logged model params', await filesIn(join(model, 'params')));
      add('logged model tags', await filesIn(join(model, 'tags')));
    }
  }
  return total;
}

async function withMeta(folder: string, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of names.map((name) => join(folder, name))) {
    if (await isFile(join(path, 'meta.yaml'))) found.push(path);
  }
  return found;
}

async function filesIn(folder: string): Promise<number> {
  return (await filesBelow(folder, silent)).length;
}

function silent() {}
