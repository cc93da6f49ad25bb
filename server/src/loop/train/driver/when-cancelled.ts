import type { Context } from '../../../context.ts';
import { isCancelRequested } from '../job.store.ts';

const POLL_MS = 300;

/** A signal that is aborted once somebody asked for the end of the job; looks until disposed. */
export function whenCancelled({ db }: Pick<Context, 'db'>, job: string): { signal: AbortSignal } & AsyncDisposable {
  const cancelled = new AbortController();
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = isCancelRequested(db.read, job).then(
      (asked) => {
        if (asked) cancelled.abort(new Error('the job was cancelled'));
      },
      // The database is away: the next look will tell.
      () => {},
    );
  }, POLL_MS);
  return {
    signal: cancelled.signal,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await looking;
    },
  };
}
