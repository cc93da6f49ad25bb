import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BringUpFailure } from '../../../engines/bring-up-failure.ts';
import { failpoint } from '../../../platform/config/failpoint.ts';
import { BucleError } from '../../../platform/errors.ts';
import type { JobHandler, JobOutcome, JobRun } from '../../../platform/jobs/jobs.ts';
import { killMarked } from '../../../platform/processes/kill-tree.ts';
import { findDecision, markMade, markRunning } from '../decision.store.ts';
import { type Decision, type DecisionQuestion, questionOf, type Ruling } from '../decision.ts';
import { announceDecision } from '../record-decision.ts';
import { gatherEvidence } from './gather-evidence.ts';
import { invalidRuling, judge } from './judge.ts';
import { reportProgress } from './report-progress.ts';
import type { DecideParts, Work } from './work.ts';

/** Kind of the background job that makes a decision. */
export const DECIDE_KIND = 'evaluate.decide';
/** After so many failures of network or machine it is invalid, with the last one's reason. */
export const DECIDE_TRIES = 5;
/** Names the worker processes of a decision, so that those of a killed server are found. */
export const MARKER = 'BUCLE_EVALUATE';

interface Payload {
  readonly decision: string;
  /** Event that asked for it. */
  readonly cause: string;
}

/**
 * Makes one decision. All of it can be repeated until the one conditional statement at its end, so that it may be
 * killed anywhere and taken up by another process: what was made once stays.
 */
export function decideJob(parts: DecideParts): JobHandler {
  return { kind: DECIDE_KIND, concurrency: 1, handle: (run) => decide(parts, run) };
}

async function decide(parts: DecideParts, run: JobRun): Promise<JobOutcome> {
  const { decision: id, cause } = run.job.payload as Payload;
  const decision = await findDecision(parts.db.read, id);
  const question = decision && questionOf(decision);
  if (!decision || !question || decision.state === 'made') return undefined;
  failpoint('evaluate:running:before');
  await parts.db.transaction(async (trx) => {
    await run.fence(trx);
    await markRunning(trx, id);
  });
  failpoint('evaluate:running:after');
  const ruling = await tryRuling(parts, run, decision, question);
  failpoint('evaluate:made:before');
  await parts.db.transaction(async (trx) => {
    await run.fence(trx);
    if (!(await markMade(trx, id, { ...ruling, madeAt: parts.clock.now() }))) return;
    const { verdict, headline } = ruling;
    await announceDecision(trx, parts, { ...decision, verdict, headline }, { actor: 'evaluate', cause });
  });
  failpoint('evaluate:made:after');
  return undefined;
}

async function tryRuling(
  parts: DecideParts,
  run: JobRun,
  { id }: Decision,
  question: DecisionQuestion,
): Promise<Ruling> {
  if (run.job.attempt > DECIDE_TRIES) {
    return invalidRuling(question, ['The server ended again and again while it was evaluated.'], null);
  }
  const progress = reportProgress(parts, id);
  try {
    return await withWork(parts, { id, epoch: run.job.epoch, signal: run.signal, onLine: progress.onLine }, (work) =>
      ruleOn(parts, question, work),
    );
  } catch (error) {
    if (run.signal.aborted || run.job.attempt < DECIDE_TRIES) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return invalidRuling(question, [`It failed ${DECIDE_TRIES} times, the last time so: ${reason}`], null);
  } finally {
    await progress.end();
  }
}

/** What would fail again is the answer; anything else is thrown, and worth another try. */
export async function ruleOn(parts: DecideParts, question: DecisionQuestion, work: Work): Promise<Ruling> {
  try {
    return judge(question, await gatherEvidence(parts, question, work));
  } catch (error) {
    const reason = finalReason(error);
    if (reason === null || work.signal.aborted) throw error;
    return invalidRuling(question, [reason], null);
  }
}

function finalReason(error: unknown): string | null {
  if (error instanceof BringUpFailure) return error.details.reason;
  return error instanceof BucleError && !error.retryable && error.status < 500 ? error.message : null;
}

export interface Turn {
  readonly id: string;
  /** Of this turn: an older one that still writes somewhere cannot disturb it. */
  readonly epoch: number | string;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

/** A folder of this turn only, and no worker left over from an earlier one. */
export async function withWork<T>(
  { config }: Pick<DecideParts, 'config'>,
  { id, epoch, signal, onLine }: Turn,
  use: (work: Work) => Promise<T>,
): Promise<T> {
  const root = join(config.dataDir, 'evaluate', 'work');
  await mkdir(root, { recursive: true });
  const marker = { name: MARKER, value: id };
  await killMarked(marker);
  const former = (await readdir(root)).filter((name) => name.startsWith(`${id}.`));
  for (const name of former) await rm(join(root, name), { recursive: true, force: true });
  const folder = join(root, `${id}.${epoch}`);
  await mkdir(folder);
  try {
    return await use({ folder, marker, signal, onLine });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
