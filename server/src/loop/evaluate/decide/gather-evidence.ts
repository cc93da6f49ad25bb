import { join } from 'node:path';
import { formatDatasetRef, placeTables, resolveVersion } from '../../data/index.ts';
import type { DecisionQuestion } from '../decision.ts';
import { evaluateErrors } from '../errors.ts';
import type { Evidence, MeasuredMetric, ScoredModel } from '../evidence.schema.ts';
import {
  compareMetric,
  type MetricName,
  type MetricOptions,
  measureMetricInTurns,
  metricsOf,
  type PairedRows,
  type ScoredRow,
  SEED,
} from '../metrics/index.ts';
import type { EvaluatedVersion } from '../model-access.ts';
import type { Asked } from './ask-model.ts';
import { columnsOf } from './columns-of.ts';
import { compareSlices } from './compare-slices.ts';
import { type OpenModel, openModel } from './open-model.ts';
import { type Holdout, proveDisjoint } from './prove-disjoint.ts';
import { rowsOf, type ScoredHoldout, scoreHoldout } from './score-holdout.ts';
import type { DecideParts, Work } from './work.ts';

/** The evidence, and what makes it worth nothing. */
export interface Gathered {
  readonly evidence: Evidence;
  /** Sentences; any of them makes the decision invalid. */
  readonly invalid: readonly string[];
}

/**
 * Everything that a decision rests on. The same question gets the same evidence, but for the time that answers
 * take: files and rows are frozen, their order and the seed are fixed. @throws BringUpFailure, EVALUATE_…, DATA_… and
 * the like when there can be none; anything else may pass
 */
export async function gatherEvidence(parts: DecideParts, question: DecisionQuestion, work: Work): Promise<Gathered> {
  const { columns, dataset: asked } = question;
  const dataset = await resolveVersion(parts, asked);
  const ref = formatDatasetRef(dataset);
  const tables = await placeTables(parts, dataset, join(work.folder, 'holdout'), work.signal);
  if (tables.length === 0) throw evaluateErrors.DATA_UNFIT({ reason: `${ref} holds no table that could be read.` });
  const describing = { scratch: join(work.folder, 'describe'), signal: work.signal };
  const present = await columnsOf(parts, dataset, tables, describing);
  const holdout: Holdout = { ref, version: dataset, tables, columns: present, key: columns.key };
  const versions = await resolveVersions(parts, question);
  const disjointness = await proveDisjoint(parts, holdout, versions, work);
  const base = { ...nothing, dataset: { ref, id: dataset.id, rows: dataset.rows ?? 0 }, disjointness };
  const leaks = disjointness.filter(({ proven }) => !proven).map(({ reason }) => reason);
  if (leaks.length > 0) return { evidence: base, invalid: leaks };

  await using open = new AsyncDisposableStack();
  const models: OpenModel[] = [];
  for (const [at, version] of versions.entries()) {
    const role = at === 0 ? 'candidate' : 'champion';
    models.push(open.use(await openModel(parts, version, { meaning: question.meaning, role, work })));
  }
  const scored = await scoreHoldout(holdout, question, models, work);
  const evidence = await compare(base, question, { models, scored, work });
  return { evidence, invalid: scored.rows.length > 0 ? [] : [emptyReason(ref, scored)] };
}

const nothing: Omit<Evidence, 'dataset' | 'disjointness'> = {
  rows: { compared: 0, unlabelled: 0, unanswered: 0, days: null },
  ...{ seed: SEED, candidate: null, champion: null, difference: null },
  ...{ guards: [], slices: [], small_slices: 0, latency_ratio: null },
};

/** The candidate first. */
async function resolveVersions(
  parts: DecideParts,
  { candidate, champion }: DecisionQuestion,
): Promise<EvaluatedVersion[]> {
  const refs = champion === null ? [candidate] : [candidate, champion];
  const versions: EvaluatedVersion[] = [];
  for (const ref of refs) versions.push(await parts.models.resolve(parts, ref));
  return versions;
}

interface Scored {
  readonly models: readonly OpenModel[];
  readonly scored: ScoredHoldout;
  readonly work: Work;
}

async function compare(
  base: Evidence,
  question: DecisionQuestion,
  { models, scored, work }: Scored,
): Promise<Evidence> {
  const { gate, meaning } = question;
  const { signal } = work;
  const { rows, total, unlabelled, unanswered, days, asked } = scored;
  const options = { kind: meaning.kind, threshold: meaning.threshold, seed: SEED, signal };
  work.onLine(`comparing ${rows.length} rows`);
  const summaries: ScoredModel[] = [];
  for (const [at, model] of models.entries()) {
    const metrics = await measureAll(question, rowsOf(rows, at), options);
    summaries.push(toSummary(model, asked[at], metrics));
  }
  const [candidate = null, champion = null] = summaries;
  const evidence: Evidence = {
    ...base,
    dataset: { ...base.dataset, rows: total },
    rows: { compared: rows.length, unlabelled, unanswered, days },
    ...{ candidate, champion },
  };
  if (champion === null) return evidence;
  const pair: PairedRows = { candidate: rowsOf(rows, 0), champion: rowsOf(rows, 1) };
  const guards = [];
  for (const { metric } of gate.guards) guards.push({ metric, ...(await compareMetric(metric, pair, options)) });
  return {
    ...evidence,
    difference: { metric: gate.metric, ...(await compareMetric(gate.metric, pair, options)) },
    guards,
    ...(await compareSlices(rows, gate, options)),
    latency_ratio: ratioOf(candidate?.micros_per_row ?? null, champion.micros_per_row),
  };
}

async function measureAll(
  { gate, meaning }: DecisionQuestion,
  rows: readonly ScoredRow[],
  options: MetricOptions & { readonly signal: AbortSignal },
): Promise<MeasuredMetric[]> {
  const names = new Set<MetricName>([
    gate.metric,
    ...gate.guards.map(({ metric }) => metric),
    ...metricsOf(meaning.kind),
  ]);
  const measured: MeasuredMetric[] = [];
  for (const name of names) measured.push(await measureMetricInTurns(name, rows, options));
  return measured;
}

function toSummary(model: OpenModel, asked: Asked | undefined, metrics: MeasuredMetric[]): ScoredModel {
  const { version, digest, proven } = model;
  const { unanswered = 0, unansweredReason = null, microsPerRow = null, sha256 = '' } = asked?.summary() ?? {};
  return {
    ...{ version: version.ref, model: version.modelId, model_digest: digest, metrics, unanswered },
    ...{ engine: proven.engine.kind, loader: proven.engine.info.loader, engine_reason: proven.reason },
    ...{ unanswered_reason: unansweredReason, micros_per_row: microsPerRow, scores_sha256: sha256 },
  };
}

function ratioOf(candidate: number | null, champion: number | null): number | null {
  return candidate === null || champion === null || champion === 0 ? null : candidate / champion;
}

function emptyReason(ref: string, { total, unlabelled, strangeLabel, asked }: ScoredHoldout): string {
  if (total === 0) return `${ref} has no rows.`;
  if (strangeLabel !== null) {
    return `None of the ${total} rows of ${ref} has a usable label: ${JSON.stringify(strangeLabel)} is none for this kind of prediction.`;
  }
  if (unlabelled === total) return `None of the ${total} rows of ${ref} has a label.`;
  const reason = asked.map((one) => one.summary().unansweredReason).find((one) => one !== null);
  return `No row of ${ref} was answered by all: ${reason ?? 'they answered none'}.`;
}
