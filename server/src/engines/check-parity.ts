import { blockingDifference, compareEnvironments, describeDifference } from './compare-environments.ts';
import { type CompareOptions, isExact } from './compare-outputs.ts';
import type { Engine } from './engine.ts';
import { explainDifference } from './explain-difference.ts';
import type { Golden, GoldenRequest } from './golden.ts';
import type { EnvironmentDifference, FirstDifference, ParityCheck, ParityReport } from './parity-report.ts';
import { goldenRows, outcomeOf, type Replayed, type RowResult, replays } from './replay-golden.ts';
import type { Signature } from './signature.ts';
import type { Value } from './values.ts';

export interface ParityQuestion {
  /** The very worker that will serve. */
  readonly engine: Engine;
  readonly golden: Golden;
  /** SHA-256 of the golden document. */
  readonly sha256: string;
  /** Model of the deployment. */
  readonly modelId: string;
  /** As its MLmodel says; better than the copy in the golden document. */
  readonly signature: Signature | null;
  /** Distributions whose minor version must be the recorded one: the model's own library. */
  readonly libraries: readonly string[];
  /** What the endpoint declares about its predictions. */
  readonly meaning?: { readonly column: string | null; readonly threshold: number | null } | null;
  /** Size of the model's files when it was logged, and now. */
  readonly bytes?: { readonly logged: number | null; readonly here: number };
}

/** What stands in the way before a single row was sent. */
interface Obstacle {
  readonly message: string;
  readonly cause: string;
}

/**
 * Sends the golden requests to the worker one by one, in batches, shuffled, twice and concurrently, and says
 * whether it may get traffic. @throws what says nothing about the model, such as ENGINE_WORKER_DOWN
 */
export async function checkParity(question: ParityQuestion): Promise<ParityReport> {
  const began = performance.now();
  const { engine, golden } = question;
  const environment = compareEnvironments(golden.environment, engine.info);
  const obstacle = findObstacle(question, environment);
  const options = compareOptions(question);
  const rows = goldenRows(golden);
  const ways = replays(engine, options);
  const done: Replayed[] = [await ways['one-by-one'](rows), await ways.batch(rows)];
  if (done.every(isClean)) {
    for (const way of ['shuffled', 'twice', 'concurrent'] as const) done.push(await ways[way](rows));
  }
  const refusals = await wronglyAnswered(engine, golden.requests);
  const failed = done.find((replayed) => !isClean(replayed));
  const cause = failed
    ? await findCause(question, environment, failed, done)
    : refusals.length > 0
      ? 'The environment of training refuses this input: a check or a conversion is missing here.'
      : (obstacle?.cause ?? null);
  const checks = done.map(toCheck);
  const first = failed ? toFirst(failed) : (refusals[0] ?? null);
  return {
    passed: failed === undefined && refusals.length === 0 && obstacle === null,
    engine: engine.kind,
    golden: {
      sha256: question.sha256,
      origin: golden.origin,
      requests: golden.requests.length,
      rows: rows.length,
    },
    checks,
    max_difference: Math.max(0, ...checks.map(({ max_difference }) => max_difference)),
    label_flips: Math.max(0, ...checks.map(({ label_flips }) => label_flips)),
    refusals: refusals.length + (failed?.results.filter(({ refusal }) => refusal !== null).length ?? 0),
    first,
    cause,
    environment,
    message: toMessage({ failed, first, cause, obstacle, rows: rows.length, refusals: refusals.length, checks }),
    seconds: (performance.now() - began) / 1_000,
  };
}

function compareOptions({ golden, signature, meaning }: ParityQuestion): CompareOptions {
  const outputs = signature?.outputs ?? golden.signature?.outputs;
  return {
    exact: isExact(
      outputs,
      goldenRows(golden).map(({ expected }) => expected),
    ),
    threshold: meaning?.threshold ?? null,
    column: meaning?.column ?? null,
  };
}

function findObstacle(question: ParityQuestion, environment: readonly EnvironmentDifference[]): Obstacle | null {
  const { golden, modelId, libraries, engine } = question;
  if (golden.modelId !== modelId) {
    return {
      message: `The golden requests were recorded for the model ${golden.modelId}, and this is ${modelId}.`,
      cause: 'The file of golden requests, or the model, is a stale one.',
    };
  }
  if (!golden.requests.some(({ outputs }) => (outputs?.length ?? 0) > 0)) {
    return {
      message: 'No golden request has an answer, so nothing can be proved.',
      cause:
        golden.notes.join(' ') || 'The model has no input example, and no dataset of its run covers its signature.',
    };
  }
  const blocking = blockingDifference(environment, libraries);
  if (blocking === null) return null;
  const place = engine.kind === 'onnx' ? 'was converted with' : 'runs with';
  return {
    message: `The model ${place} another ${blocking.package} than it was trained with (${describeDifference(blocking)}).`,
    cause: `${describeDifference(blocking)}: stored models are only good for the minor version that wrote them. Pin ${blocking.package}==${blocking.recorded ?? ''}.`,
  };
}

async function findCause(
  question: ParityQuestion,
  environment: readonly EnvironmentDifference[],
  failed: Replayed,
  done: readonly Replayed[],
): Promise<string | null> {
  const others = done.filter((one) => one !== failed && isClean(one)).map(({ name }) => name);
  if (failed.name === 'one-by-one' && !others.includes('batch')) {
    const options = compareOptions(question);
    const found = await explainDifference({ engine: question.engine, options }, failed.results);
    return found ?? explainSurroundings(question, environment, failed);
  }
  return BY_WAY[failed.name];
}

const BY_WAY: Readonly<Record<ParityCheck['name'], string>> = {
  'one-by-one': 'A row alone gets another answer than in its batch: the model looks at the other rows of a request.',
  batch: 'Rows together get other answers than alone: the model looks at the other rows of a request.',
  shuffled: 'The order or the company of rows changes the answers: the model looks at the other rows of a request.',
  twice: 'The same request gets another answer the second time: the model is not deterministic.',
  concurrent: 'Answers differ when requests come at the same time: the model shares state between them.',
};

function explainSurroundings(
  { bytes, libraries, engine }: ParityQuestion,
  environment: readonly EnvironmentDifference[],
  failed: Replayed,
): string | null {
  const blocking = blockingDifference(environment, libraries);
  if (blocking) return `The library of the model is another one here: ${describeDifference(blocking)}.`;
  const refusal = failed.results.find((result) => result.refusal !== null)?.refusal;
  if (refusal && failed.results.every((result) => result.refusal !== null))
    return `The worker refuses everything: ${refusal}`;
  if (bytes && bytes.logged !== null && bytes.logged !== bytes.here) {
    return `The files of the model have ${bytes.here} bytes and had ${bytes.logged} when it was logged: a file is stale or was replaced.`;
  }
  if (engine.kind === 'onnx')
    return 'The ONNX form does not compute what the model does; deploy it with the engine python.';
  const heavier = environment.filter(({ level }) => level !== 'missing' && level !== 'added').slice(0, 5);
  const listed = heavier.map(describeDifference).join(', ');
  return `The files are not those that the golden answers were computed with, or the environment matters${listed === '' ? '' : ` (${listed})`}.`;
}

/** Requests that failed where they were recorded and are answered here. */
async function wronglyAnswered(engine: Engine, requests: readonly GoldenRequest[]): Promise<FirstDifference[]> {
  const wrong: FirstDifference[] = [];
  for (const request of requests.filter(({ error }) => error !== null)) {
    const { columns, rows, positional } = request;
    const input = positional
      ? ({ kind: 'tensor', tensor: rows } as const)
      : ({ kind: 'table', columns, rows } as const);
    const outcome = await outcomeOf(engine, input);
    if ('refusal' in outcome) continue;
    wrong.push({
      check: 'refusal',
      request: request.name,
      row: 0,
      output: null,
      expected: `an error (${(request.error ?? '').slice(0, 200)})`,
      got: show(outcome.outputs[0] ?? null),
      difference: null,
    });
  }
  return wrong;
}

function isClean({ results }: Replayed): boolean {
  return results.every(({ comparison }) => comparison.same);
}

function toCheck({ name, results }: Replayed): ParityCheck {
  const finite = results.map(({ comparison }) => comparison.difference).filter(Number.isFinite);
  return {
    name,
    rows: results.length,
    differing: results.filter(({ comparison }) => !comparison.same).length,
    max_difference: finite.reduce((most, one) => Math.max(most, one), 0),
    label_flips: results.filter(({ comparison }) => comparison.flip).length,
  };
}

function toFirst({ name, results }: Replayed): FirstDifference | null {
  const first = results.find(({ comparison }) => !comparison.same);
  if (!first) return null;
  const { golden, comparison, refusal } = first;
  return {
    check: name,
    request: golden.request.name,
    row: golden.row,
    output: comparison.output,
    expected: show(comparison.expected),
    got: refusal === null ? show(comparison.got) : `an error (${refusal.slice(0, 300)})`,
    difference: Number.isFinite(comparison.difference) ? comparison.difference : null,
  };
}

interface Verdict {
  readonly failed: Replayed | undefined;
  readonly first: FirstDifference | null;
  readonly cause: string | null;
  readonly obstacle: Obstacle | null;
  readonly rows: number;
  readonly refusals: number;
  readonly checks: readonly ParityCheck[];
}

function toMessage({ failed, first, cause, obstacle, rows, refusals, checks }: Verdict): string {
  const sentences: string[] = obstacle ? [obstacle.message] : [];
  if (failed && first) {
    const check = checks.find(({ name }) => name === failed.name);
    const by = first.difference === null ? '' : ` (by ${Number(first.difference.toPrecision(3))})`;
    const which = first.output === null ? '' : `, output ${first.output}`;
    sentences.push(
      `Golden row ${first.row} of ${first.request}${which} should give ${first.expected}, and the worker gives ${first.got}${by}.`,
      `Sent ${failed.name}, ${check?.differing ?? 0} of ${check?.rows ?? 0} rows differ, ${check?.label_flips ?? 0} labels flip.`,
    );
  } else if (first) {
    sentences.push(
      `The golden request ${first.request} fails where the model was trained, and the worker answers it with ${first.got} (${refusals} such).`,
    );
  }
  if (sentences.length === 0) {
    return `The worker reproduces all ${rows} golden rows in ${checks.length} ways of sending them.`;
  }
  if (cause !== null) sentences.push(`Likely cause: ${cause}`);
  return sentences.join(' ');
}

function show(value: Value): string {
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value, (_key, one: unknown) => one);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

export type { RowResult };
