import { createHash } from 'node:crypto';
import type { Context } from '../../context.ts';
import { failpoint } from '../../platform/config/failpoint.ts';
import { findEndpoint, type PredictionMeaning } from '../deploy/index.ts';
import { labelOutcomes, noOutcomes, type OutcomeCounts } from './label.ts';
import { advanceLabelBatch, findLabelBatch, type LabelBatch } from './label-batch.store.ts';
import { labelErrors } from './label-errors.ts';
import { LabelProblem, readLabel } from './label-input.ts';
import { type LabelLine, type LabelRefusal, lockLabels, type StoredLabels, storeLabels } from './store-labels.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'jobs'>;

/** Lines of one transaction: so many are lost at once, or kept. */
const CHUNK = 500;
/** So many of the refused ones are told in words; all are counted. */
const TOLD = 20;

export interface LabelDelivery {
  readonly endpoint: string;
  /** One label a line, JSON; empty ones are skipped. */
  readonly lines: AsyncIterable<string> | Iterable<string>;
  /** Whoever sends the same lines again under the same key goes on where it ended; null: no such promise. */
  readonly key: string | null;
  readonly actor: string;
  readonly cause: string;
}

/** What became of all labels of a delivery, also of those that were kept when it was sent before. */
export interface LabelReceipt {
  /** The sum of the outcomes. */
  readonly received: number;
  readonly outcomes: OutcomeCounts;
  readonly censored: number;
  readonly refusals: readonly LabelRefusal[];
}

/**
 * Keeps labels as they come, chunk by chunk, each with its outcome. After a crash, what was kept is kept: without a key
 * it counts as repeated when it is sent again.
 * @throws LABELS_ENDPOINT_NOT_FOUND, LABELS_BATCH_DIFFERS, LABELS_BATCH_BUSY
 */
export async function receiveLabels(parts: Parts, delivery: LabelDelivery): Promise<LabelReceipt> {
  const { endpoint, key } = delivery;
  const declared = await findEndpoint(parts.db.read, endpoint);
  if (!declared) throw labelErrors.ENDPOINT_NOT_FOUND({ endpoint });
  const known = key === null ? null : await findLabelBatch(parts.db.read, endpoint, key);
  const startedAt = known?.started_at ?? parts.clock.now();
  const done = known?.lines ?? 0;
  let progress: Progress = { lines: 0, digest: '', receipt: nothing };
  for await (const chunk of chunksOf(delivery.lines, done)) {
    const digest = key === null ? '' : chunk.reduce(digestLine, progress.digest);
    const next = { lines: progress.lines + chunk.length, digest };
    if (next.lines > done) {
      const receiving = { ...delivery, startedAt, meaning: declared.prediction };
      progress = { ...next, receipt: await keepChunk(parts, receiving, { before: progress, chunk, next }) };
    } else progress = { ...next, receipt: known && next.lines === done ? resume(known, digest) : nothing };
  }
  if (progress.lines < done) throw labelErrors.BATCH_DIFFERS({ key });
  return progress.receipt;
}

interface Progress {
  readonly lines: number;
  readonly digest: string;
  readonly receipt: LabelReceipt;
}

const nothing: LabelReceipt = { received: 0, outcomes: noOutcomes(), censored: 0, refusals: [] };

function resume(known: LabelBatch, digest: string): LabelReceipt {
  if (known.digest !== digest) throw labelErrors.BATCH_DIFFERS({ key: known.key });
  return JSON.parse(known.receipt) as LabelReceipt;
}

interface Receiving extends LabelDelivery {
  readonly startedAt: number;
  readonly meaning: PredictionMeaning | null;
}

interface Step {
  readonly before: Progress;
  readonly chunk: readonly string[];
  readonly next: Omit<Progress, 'receipt'>;
}

async function keepChunk(
  parts: Parts,
  { endpoint, key, actor, cause, startedAt, meaning }: Receiving,
  { before, chunk, next }: Step,
): Promise<LabelReceipt> {
  const { db, clock } = parts;
  const labels = chunk.flatMap((text, at) =>
    text.trim() === '' ? [] : [toLine(text, before.lines + at + 1, meaning)],
  );
  failpoint('labels:chunk:before');
  const receipt = await db.transaction(async (trx) => {
    await lockLabels(parts, trx, endpoint);
    const stored = await storeLabels(parts, trx, { endpoint, actor, cause, startedAt }, labels);
    const total = addUp(before.receipt, stored);
    if (key === null) return total;
    const times = { started_at: startedAt, updated_at: clock.now() };
    const batch = { endpoint, key, ...next, receipt: JSON.stringify(total), ...times };
    if (!(await advanceLabelBatch(trx, batch, before.lines))) throw labelErrors.BATCH_BUSY({ key });
    return total;
  });
  failpoint('labels:chunk:after');
  return receipt;
}

function toLine(text: string, line: number, meaning: PredictionMeaning | null): LabelLine {
  try {
    return { line, label: readLabel(JSON.parse(text), meaning), problem: null };
  } catch (error) {
    if (error instanceof LabelProblem) return { line, label: null, problem: error.message };
    if (error instanceof SyntaxError) return { line, label: null, problem: 'This is no JSON.' };
    throw error;
  }
}

function addUp(before: LabelReceipt, stored: StoredLabels): LabelReceipt {
  const outcomes = noOutcomes();
  for (const name of labelOutcomes) outcomes[name] = before.outcomes[name] + stored.outcomes[name];
  return {
    received: Object.values(outcomes).reduce((sum, count) => sum + count, 0),
    outcomes,
    censored: before.censored + stored.censored,
    refusals: [...before.refusals, ...stored.refusals].slice(0, TOLD),
  };
}

function digestLine(digest: string, line: string): string {
  return createHash('sha256').update(digest).update(line).digest('base64');
}

/** Chunks of lines; one ends where what was done before ends. */
async function* chunksOf(lines: LabelDelivery['lines'], done: number): AsyncGenerator<string[]> {
  let chunk: string[] = [];
  let seen = 0;
  for await (const line of lines) {
    chunk.push(line);
    seen += 1;
    if (chunk.length === CHUNK || seen === done) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}
