import type { Io } from '../command.ts';
import { sendMlflow } from '../mlflow.ts';
import { withNext } from '../with-next.ts';
import { resolveRun } from './resolve-run.ts';

/** Deletes or restores runs; all are found before the first is moved. Answers their ids. */
export async function moveRuns(io: Io, words: readonly string[], to: 'delete' | 'restore'): Promise<string[]> {
  const runs = await Promise.all(words.map((word) => resolveRun(io, word)));
  const ids = [...new Set(runs.map(({ info }) => info.run_id))];
  for (const run_id of ids) {
    await withNext('The runs are in `bucle runs ls --view all`.', sendMlflow(io, `runs/${to}`, { run_id }));
  }
  return ids;
}
