import { recordPreparation } from '../deployment.store.ts';
import type { PrepareParts } from './parts.ts';

const LEAST_MS = 500;
const LONGEST = 300;

/** Shows what is being done on the deployment's row, now and then; a line that is lost does no harm. */
export function reportProgress(
  { db, log }: Pick<PrepareParts, 'db' | 'log'>,
  id: string,
): { readonly onLine: (line: string) => void; end(): Promise<void> } {
  let writing: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;
  let waiting = '';
  let last = Number.NEGATIVE_INFINITY;
  const write = async () => {
    timer = null;
    last = performance.now();
    await db
      .transaction((trx) => recordPreparation(trx, id, { progress: waiting }))
      .catch((error: unknown) => log.warn({ err: error, deployment: id }, 'progress was not recorded'));
  };
  return {
    onLine(line) {
      waiting = line.slice(0, LONGEST);
      log.debug({ deployment: id }, line);
      // The last line of a burst is written too: it may be all that is told for minutes.
      timer ??= setTimeout(
        () => {
          writing = writing.then(write);
        },
        Math.max(0, last + LEAST_MS - performance.now()),
      );
    },
    async end() {
      if (timer !== null) clearTimeout(timer);
      await writing;
    },
  };
}
