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
  let waiting: string | null = null;
  let last = 0;
  const write = async () => {
    const progress = waiting;
    waiting = null;
    if (progress === null) return;
    last = performance.now();
    await db
      .transaction((trx) => recordPreparation(trx, id, { progress }))
      .catch((error: unknown) => log.warn({ err: error, deployment: id }, 'progress was not recorded'));
  };
  return {
    onLine(line) {
      const idle = waiting === null && performance.now() - last > LEAST_MS;
      waiting = line.slice(0, LONGEST);
      log.debug({ deployment: id }, line);
      if (idle) writing = writing.then(write);
    },
    async end() {
      await writing;
    },
  };
}
