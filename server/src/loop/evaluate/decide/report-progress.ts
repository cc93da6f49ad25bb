import { noteProgress } from '../decision.store.ts';
import type { DecideParts } from './work.ts';

const LEAST_MS = 500;
const LONGEST = 300;

/** Shows what is being done on the decision's row, now and then. */
export function reportProgress(
  { db, log }: Pick<DecideParts, 'db' | 'log'>,
  id: string,
): { readonly onLine: (line: string) => void; end(): Promise<void> } {
  let writing: Promise<unknown> = Promise.resolve();
  let last = Number.NEGATIVE_INFINITY;
  return {
    onLine(line) {
      log.debug({ decision: id }, line);
      if (performance.now() - last < LEAST_MS) return;
      last = performance.now();
      writing = writing.then(() =>
        db
          .transaction((trx) => noteProgress(trx, id, line.slice(0, LONGEST)))
          .catch((error: unknown) => log.warn({ err: error, decision: id }, 'progress was not recorded')),
      );
    },
    async end() {
      await writing;
    },
  };
}
