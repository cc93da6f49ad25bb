import type { Io } from '../command.ts';
import { UsageError } from '../command.ts';
import { jobErrors } from './errors.ts';
import type { JobSummary } from './job.ts';

const WHOLE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LEAST = 6;
/** A shortened id is looked for among the newest 2,000 jobs. */
const PAGES = 4;
const PAGE = 500;

/** The id of a job: whole, or its beginning when only one job begins so; `job:` may stand before it. */
export async function resolveJob({ client, signal }: Pick<Io, 'client' | 'signal'>, text: string): Promise<string> {
  const word = text.replace(/^job:/, '').toLowerCase();
  if (WHOLE.test(word)) return word;
  if (!/^[0-9a-f-]+$/.test(word) || word.length < LEAST) {
    throw new UsageError(
      `${JSON.stringify(text)} is no id of a job: give the whole id or its first ${LEAST} characters or more. bucle jobs ls lists them.`,
    );
  }
  const found: JobSummary[] = [];
  let before: string | null | undefined;
  for (let page = 0; page < PAGES && before !== null; page += 1) {
    const answer: { jobs: JobSummary[]; next: string | null } = await client.request('GET', '/api/v1/jobs', {
      query: { limit: PAGE, before },
      signal,
    });
    found.push(...answer.jobs.filter(({ id }) => id.startsWith(word)));
    before = answer.next;
  }
  const [first, ...others] = found;
  if (first && others.length === 0) return first.id;
  if (!first) throw jobErrors.NO_SUCH_JOB({ word });
  const list = found.slice(0, 5).map(({ id, name, state }) => `  ${id}  ${name} (${state})`);
  throw new UsageError(`${found.length} jobs begin with ${word}; give more of the id:\n${list.join('\n')}`);
}
