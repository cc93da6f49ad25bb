import { createHash } from 'node:crypto';
import type { Engine } from '../../../engines/engine.ts';
import { faultOf } from '../../../engines/errors.ts';
import { type PredictionMeaning, scoreOf } from '../../../engines/prediction-meaning.ts';
import type { Table, Value } from '../../../engines/values.ts';
import { BucleError } from '../../../platform/errors.ts';
import { evaluateErrors } from '../errors.ts';
import type { OpenModel } from './open-model.ts';

/** Who refuses more rows than these was not made for this dataset. */
const MOST_REFUSALS = 1_000;
const TIMEOUT_MS = 120_000;

/** Asks one model batch by batch, and keeps count. */
export interface Asked {
  /** One score per row; null: no usable answer. */
  ask(table: Table): Promise<(number | string | null)[]>;
  summary(): {
    readonly unanswered: number;
    readonly unansweredReason: string | null;
    readonly microsPerRow: number | null;
    readonly sha256: string;
  };
}

/** @throws in `ask`: EVALUATE_MODEL_FAILED when it refuses nearly everything */
export function askModel({ version, proven }: OpenModel, meaning: PredictionMeaning): Asked {
  const { engine } = proven;
  const hash = createHash('sha256');
  const micros: number[] = [];
  let unanswered = 0;
  let unansweredReason: string | null = null;
  const miss = (reason: string) => {
    unanswered += 1;
    unansweredReason ??= reason;
    if (unanswered <= MOST_REFUSALS) return;
    const text = `${version.ref} gave no usable answer for more than ${MOST_REFUSALS} rows: ${unansweredReason}`;
    throw evaluateErrors.MODEL_FAILED({ reason: text });
  };
  return {
    async ask(table) {
      const answered = await answer(engine, table);
      if (answered.micros !== null) micros.push(answered.micros / table.rows.length);
      const scores = answered.outputs.map((output) => {
        const score = 'refusal' in output ? null : scoreOf(output.value, meaning);
        if (score === null) miss('refusal' in output ? output.refusal : notAScore(output.value, meaning));
        return score;
      });
      for (const score of scores) hash.update(`${JSON.stringify(score)}\n`);
      return scores;
    },
    summary: () => ({
      unanswered,
      unansweredReason,
      microsPerRow: medianOf(micros),
      sha256: hash.copy().digest('hex'),
    }),
  };
}

type Output = { readonly value: Value } | { readonly refusal: string };

interface Answered {
  readonly outputs: readonly Output[];
  /** Computing them; null when some were refused. */
  readonly micros: number | null;
}

/** A batch that is refused is halved until the rows that are refused are alone. */
async function answer(engine: Engine, table: Table): Promise<Answered> {
  try {
    const { outputs, computeMicros } = await engine.predict({ input: table }, { timeoutMs: TIMEOUT_MS });
    return { outputs: outputs.map((value) => ({ value })), micros: computeMicros };
  } catch (error) {
    if (!(error instanceof BucleError) || faultOf(error) === 'platform') throw error;
    const { rows } = table;
    if (rows.length === 1) return { outputs: [{ refusal: error.message }], micros: null };
    const middle = Math.ceil(rows.length / 2);
    const first = await answer(engine, { ...table, rows: rows.slice(0, middle) });
    const second = await answer(engine, { ...table, rows: rows.slice(middle) });
    return { outputs: [...first.outputs, ...second.outputs], micros: null };
  }
}

function notAScore(value: Value, { kind, column }: PredictionMeaning): string {
  const where = column === null ? '' : ` in its output ${column}`;
  const shown = JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? String(one) : one));
  return `it answers ${(shown ?? 'nothing').slice(0, 100)}, which has no ${kind}${where}`;
}

function medianOf(values: readonly number[]): number | null {
  // The first one warms the worker up.
  const sorted = (values.length > 2 ? values.slice(1) : [...values]).sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
