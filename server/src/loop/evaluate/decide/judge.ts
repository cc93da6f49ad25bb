import type { DecisionQuestion, Ruling, Verdict } from '../decision.ts';
import type { Evidence, Gain, Slice } from '../evidence.schema.ts';
import type { Gathered } from './gather-evidence.ts';

type Question = Pick<DecisionQuestion, 'candidate' | 'champion' | 'gate'>;

/** The gate's rules on the evidence: the same evidence gives the same ruling. */
export function judge(question: Question, { evidence, invalid }: Gathered): Ruling {
  if (invalid.length > 0) return invalidRuling(question, invalid, evidence);
  const vetoes = [...absoluteVetoes(question, evidence), ...comparedVetoes(question, evidence)];
  const facts = factsOf(question, evidence);
  const verdict: Verdict = vetoes.length === 0 ? 'promote' : 'keep';
  const headline = verdict === 'promote' ? promotion(question, evidence) : keeping(question, vetoes);
  return { verdict, headline, reasons: [...vetoes, ...facts], evidence };
}

/** Nothing was shown, for these reasons. */
export function invalidRuling({ candidate }: Question, reasons: readonly string[], evidence: Evidence | null): Ruling {
  return {
    verdict: 'invalid',
    headline: `Nothing was shown about ${candidate}: ${reasons[0] ?? ''}`,
    reasons,
    evidence,
  };
}

/** Rules that need no champion. */
function absoluteVetoes({ candidate: ref, gate }: Question, { rows, candidate, champion }: Evidence): string[] {
  const vetoes: string[] = [];
  if (rows.compared < gate.minimum_rows) {
    vetoes.push(`Only ${rows.compared} rows could be compared; the gate asks for ${gate.minimum_rows}.`);
  }
  const [measured] = candidate?.metrics ?? [];
  if (gate.limit !== null && measured) {
    const { value, higherIsBetter } = measured;
    const within = value !== null && (higherIsBetter ? value >= gate.limit : value <= gate.limit);
    const word = higherIsBetter ? 'at least' : 'at most';
    if (!within)
      vetoes.push(`${gate.metric} of ${ref} is ${show(value)}; the gate accepts ${word} ${show(gate.limit)}.`);
  }
  const missed = candidate?.unanswered ?? 0;
  if (missed > (champion?.unanswered ?? 0)) {
    vetoes.push(
      `${ref} gave no usable answer for ${missed} rows: ${candidate?.unanswered_reason ?? 'no reason is known'}.`,
    );
  }
  return vetoes;
}

function comparedVetoes(question: Question, { difference, guards, slices, latency_ratio }: Evidence): string[] {
  const { gate } = question;
  if (difference === null) return [];
  const vetoes: string[] = [];
  const { low } = difference;
  if (low === null) vetoes.push(`The gain in ${gate.metric} has no interval: ${difference.method}.`);
  else if (!(low > gate.margin)) vetoes.push(shortfall(question, difference, low));
  for (const [at, guard] of guards.entries()) {
    const margin = gate.guards[at]?.margin ?? 0;
    if (guard.high === null || guard.high >= -margin) continue;
    vetoes.push(
      `${guard.metric} gets clearly worse: ${sidesOf(guard)}, ${gainOf(guard)}; at most ${show(margin)} is allowed.`,
    );
  }
  vetoes.push(...slices.filter(({ bound }) => bound !== null && bound < -gate.slice_margin).map(sliceVeto));
  const ratio = gate.max_latency_ratio;
  if (ratio !== null && latency_ratio !== null && latency_ratio > ratio) {
    vetoes.push(`A row takes ${show(latency_ratio)} times as long; the gate allows ${show(ratio)} times.`);
  }
  return vetoes;
}

function shortfall({ gate, candidate }: Question, difference: Gain, low: number): string {
  const said = `${sidesOf(difference)}, ${gainOf(difference)} on ${difference.rows} rows`;
  if (difference.high !== null && difference.high < 0)
    return `${candidate} is clearly worse in ${gate.metric}: ${said}.`;
  const shown = gate.margin < 0 ? 'not worse' : 'better';
  return `${candidate} is not shown to be ${shown} in ${gate.metric}: ${said}; the lower bound ${show(low)} is not above the margin ${show(gate.margin)}.`;
}

function sliceVeto(slice: Slice): string {
  const { column, value, rows, metric, bound } = slice;
  const where = `${column} = ${value ?? 'null'}`;
  return `${metric} gets clearly worse where ${where}: ${sidesOf(slice)} on ${rows} rows, ${gainOf(slice)}; allowing for the number of slices the gain is at most ${show(bound)}.`;
}

/** What else is worth knowing, whatever the verdict. */
function factsOf({ candidate: ref, gate }: Question, evidence: Evidence): string[] {
  const { rows, dataset, candidate, champion, difference, slices, small_slices, latency_ratio } = evidence;
  const facts: string[] = [];
  const [measured] = candidate?.metrics ?? [];
  if (champion === null && measured) {
    const { value, low, high, method } = measured;
    facts.push(
      `There is no champion; ${gate.metric} of ${ref} is ${show(value)} (95 % from ${show(low)} to ${show(high)}, ${method}).`,
    );
  }
  if (difference !== null && difference.low !== null) {
    const { method } = difference;
    facts.push(`${gate.metric}: ${sidesOf(difference)}, ${gainOf(difference)}, by ${method}.`);
  }
  if (slices.length > 0) {
    const worst = slices.reduce((a, b) => ((b.gain ?? 0) < (a.gain ?? 0) ? b : a));
    const small = small_slices === 0 ? '' : `; ${small_slices} more have too few rows`;
    facts.push(
      `${slices.length} slices were compared; the one with the smallest gain is ${worst.column} = ${worst.value ?? 'null'} (${gainOf(worst)})${small}.`,
    );
  }
  if (latency_ratio !== null)
    facts.push(`A row takes ${show(latency_ratio)} times as long as with ${champion?.version ?? ''}.`);
  const left = [
    ...(rows.unlabelled > 0 ? [`${rows.unlabelled} have no label`] : []),
    ...(rows.unanswered > 0 ? [`${rows.unanswered} were not answered by all`] : []),
  ];
  const days = rows.days === null ? '' : ` of ${rows.days} days`;
  const without = left.length === 0 ? '' : `; ${left.join(', ')}`;
  facts.push(`${rows.compared} of the ${dataset.rows} rows${days} of ${dataset.ref} were compared${without}.`);
  return [...facts, ...evidence.disjointness.map(({ reason }) => reason)];
}

function promotion(
  { candidate, champion, gate }: Question,
  { difference, candidate: measured, rows }: Evidence,
): string {
  if (champion === null || difference === null) {
    const [metric] = measured?.metrics ?? [];
    return `${candidate} passes the gate: ${gate.metric} ${show(metric?.value ?? null)} on ${rows.compared} rows, and there is no champion.`;
  }
  const said = `${gate.metric} ${sidesOf(difference)}, ${gainOf(difference)} on ${rows.compared} rows`;
  // A gate with a margin below 0 also lets pass what was not shown to be better.
  if (difference.low !== null && difference.low > 0) return `${candidate} is better than ${champion}: ${said}.`;
  return `${candidate} is not clearly worse than ${champion}: ${said}; the lower bound is above the margin ${show(gate.margin)}.`;
}

function keeping({ candidate, champion }: Question, [first = '', ...others]: readonly string[]): string {
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `${champion === null ? `${candidate} does not pass the gate` : `${champion} stays`}: ${first}${more}`;
}

function sidesOf({ candidate, champion }: Gain): string {
  return `${show(candidate)} against ${show(champion)}`;
}

/** `a gain of 0.0052 (95 % from 0.0021 to 0.0083)` */
function gainOf({ gain, low, high }: Gain): string {
  const interval = low === null || high === null ? '' : ` (95 % from ${show(low)} to ${show(high)})`;
  const word = (gain ?? 0) < 0 ? 'a loss' : 'a gain';
  return `${word} of ${show(gain === null ? null : Math.abs(gain))}${interval}`;
}

function show(value: number | null): string {
  return value === null ? 'unknown' : String(Number(value.toPrecision(4)));
}
