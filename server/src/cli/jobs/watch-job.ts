import type { Io } from '../command.ts';
import { exitCodes } from '../command.ts';
import { followJob } from './follow-log.ts';
import { type JobDetail, nextStep } from './job.ts';

/**
 * Follows a job to its end and answers the exit code that tells how it ended. Ctrl-C leaves the job alone.
 * With --json the log goes to stderr, and the job to stdout.
 */
export async function watchJob(io: Io, job: string, firstAttempt = 1): Promise<number> {
  const decoder = new TextDecoder();
  const write = (bytes: Uint8Array) => {
    if (io.json) io.stderr.write(decoder.decode(bytes, { stream: true }));
    else io.stdout.write(bytes);
  };
  try {
    const over = await followJob(io, job, firstAttempt, write);
    if (io.json) io.printJson(over);
    return reportEnd(io, over);
  } catch (error) {
    if (!io.signal.aborted) throw error;
    io.note(
      `\nDetached; the job goes on. Follow it again: bucle jobs logs -f ${job}\nEnd it: bucle jobs cancel ${job}`,
    );
    return exitCodes.interrupted;
  }
}

function reportEnd(io: Io, job: JobDetail): number {
  const attempts = job.attempts.length === 1 ? '' : ` after ${job.attempts.length} attempts`;
  const reason = job.state === 'succeeded' || job.reason === null ? '.' : `: ${job.reason}`;
  io.note(`job:${job.id} ${job.state}${attempts}${reason}`);
  io.note(`  next: ${nextStep(job)}`);
  return job.state === 'succeeded' ? exitCodes.ok : exitCodes.failed;
}
