import { writeSync } from 'node:fs';
import { systemClock } from '../../../platform/clock.ts';
import { createLog } from '../../../platform/log.ts';
import { makeCapture } from './capture.fixture.ts';
import { openCaptureLog } from './open-capture-log.ts';

/**
 * A process that appends to the log of the folder in argv until it is killed, or as often as argv says. It tells on
 * stdout which appends returned, one line for each: the id, and whether it was kept.
 */
const [, , folder = '', times = 'Infinity', padding = '0'] = process.argv;
// A limit on the size of files is to be an error, not the end.
process.on('SIGXFSZ', () => {});
const log = await openCaptureLog({
  folder,
  clock: systemClock,
  log: createLog('silent', 'test'),
  segmentBytes: 20_000,
});
for (let count = 0; count < Number(times); count += 1) {
  const capture = makeCapture({ caller: 'x'.repeat(Number(padding)) });
  const kept = log.append(capture);
  await tell(`${capture.id} ${kept}\n`);
  if (count % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
const { kept, lost } = log.counts();
await tell(`counts ${kept} ${lost}\n`);
await log[Symbol.asyncDispose]();

/** Hands over what was said before it returns; a reader that is slow is waited for. */
async function tell(line: string): Promise<void> {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
