import { type Io, UsageError } from '../command.ts';
import { runErrors } from './errors.ts';
import { findRun, listExperiments, type Run, searchRuns } from './mlflow-client.ts';

const WHOLE = /^[0-9a-f]{32}$/;
const PREFIX = /^[0-9a-zA-Z_-]{4,100}$/;

/** The run of an id, deleted ones too: whole, or its beginning when only one run begins so; `run:` may stand before it. */
export async function resolveRun(io: Pick<Io, 'client' | 'signal'>, text: string): Promise<Run> {
  const word = text.replace(/^run:/, '');
  if (!PREFIX.test(word)) {
    throw new UsageError(
      `${JSON.stringify(text)} is no id of a run: give the whole id or its first 4 characters or more.`,
    );
  }
  // Whoever logs runs may choose other ids than ours, so that any word may be a whole one.
  const exact = await findRun(io, word);
  if (exact) return exact;
  if (WHOLE.test(word)) throw runErrors.NO_SUCH_RUN({ word });
  const experiments = (await listExperiments(io, 'ALL')).map(({ experiment_id }) => experiment_id);
  const filter = `attributes.run_id LIKE '${word}%'`;
  const { runs } = await searchRuns(io, { experiments, view: 'ALL', filter, limit: 6 });
  const [first, ...others] = runs.filter(({ info }) => info.run_id.startsWith(word));
  if (!first) throw runErrors.NO_SUCH_RUN({ word });
  if (others.length === 0) return (await findRun(io, first.info.run_id)) ?? first;
  const list = [first, ...others].slice(0, 5).map(({ info }) => `  ${info.run_id}  ${info.run_name ?? ''}`);
  throw new UsageError(`Several runs begin with ${word}; give more of the id:\n${list.join('\n')}`);
}
