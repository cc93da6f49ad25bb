import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareOutputs } from './compare-outputs.ts';
import type { Engine, PoolSettings } from './engine.ts';
import type { Golden, GoldenRequest } from './golden.ts';
import type { Value } from './values.ts';

/** A model with at least a numeric and a text column, of which the first is numeric, and its golden requests. */
export interface ContractCase {
  open(pool?: Partial<PoolSettings>): Promise<Engine>;
  readonly golden: () => Promise<Golden>;
}

const inTime = { timeoutMs: 30_000 };
const options = { exact: false, threshold: null, column: null };

/** What every engine keeps, run over each with real models. */
export function engineContract(name: string, { open, golden }: ContractCase): void {
  describe(`the engine ${name}`, () => {
    let engine: Engine;
    let request: GoldenRequest;
    const withRows = (rows: readonly (readonly Value[])[], columns = request.columns) => ({
      input: { kind: 'table' as const, columns, rows },
    });
    beforeAll(async () => {
      const found = (await golden()).requests.find(({ outputs }) => (outputs?.length ?? 0) >= 3);
      if (!found) throw new Error('The golden document has no request of three rows.');
      request = found;
      engine = await open();
    }, 120_000);
    afterAll(() => engine?.[Symbol.asyncDispose]());

    test('gives the recorded answers, together and alone', async () => {
      const together = await engine.predict(withRows(request.rows), inTime);
      for (const [at, expected] of (request.outputs ?? []).entries()) {
        const { outputs } = await engine.predict(withRows([request.rows[at] ?? []]), inTime);
        expect(compareOutputs(expected, outputs[0] ?? null, options).same).toBe(true);
        expect(compareOutputs(expected, together.outputs[at] ?? null, options).same).toBe(true);
      }
      expect(together.computeMicros).toBeGreaterThan(0);
    });

    test('takes columns in any order and drops those that the model does not know', async () => {
      const turned = request.rows.map((row) => ['unused', ...[...row].reverse()]);
      const { outputs } = await engine.predict(
        withRows(turned, ['surplus', ...[...request.columns].reverse()]),
        inTime,
      );
      expect(outputs).toEqual((await engine.predict(withRows(request.rows), inTime)).outputs);
    });

    test('names a missing column', async () => {
      const [first = '', ...others] = request.columns;
      const asked = engine.predict(
        withRows(
          request.rows.map((row) => row.slice(1)),
          others,
        ),
        inTime,
      );
      await expect(asked).rejects.toMatchObject({
        code: 'ENGINE_INPUT_REFUSED',
        status: 400,
        message: `The model is missing the column ${first}.`,
      });
    });

    test('names the column of a value that is no number, and not the value', async () => {
      const [first = ''] = request.columns;
      const wrong = request.rows.map((row) => ['secret', ...row.slice(1)]);
      await expect(engine.predict(withRows(wrong), inTime)).rejects.toMatchObject({
        code: 'ENGINE_INPUT_REFUSED',
        message: `The column ${first} must be double, but it is text in row 0.`,
      });
    });

    test('answers many at once, each with its own', async () => {
      const rows = Array.from({ length: 40 }, (_, at) => request.rows[at % request.rows.length] ?? []);
      const answers = await Promise.all(rows.map((row) => engine.predict(withRows([row]), inTime)));
      for (const [at, { outputs }] of answers.entries()) {
        const expected = request.outputs?.[at % request.rows.length] ?? null;
        expect(compareOutputs(expected, outputs[0] ?? null, options).same).toBe(true);
      }
      expect(engine.load()).toEqual({ workers: 1, busy: 0, queued: 0, lost: 0 });
    });

    test('does not hold up the thread that asks', async () => {
      const rows = Array.from({ length: 20_000 }, (_, at) => request.rows[at % request.rows.length] ?? []);
      let ticks = 0;
      const timer = setInterval(() => {
        ticks += 1;
      }, 1);
      const asked = [1, 2, 3].map(() => engine.predict(withRows(rows), inTime));
      const busy = engine.load().busy;
      await Promise.all(asked);
      await sleep(5);
      clearInterval(timer);
      expect(busy).toBe(1);
      expect(ticks).toBeGreaterThan(3);
    });

    test('refuses what its queue has no place for, and what comes after its end; what it accepted it answers', async () => {
      const own = await open({ maxQueue: 2 });
      const asked = [1, 2, 3, 4].map(() => own.predict(withRows(request.rows), inTime));
      const closing = own[Symbol.asyncDispose]();
      const settled = await Promise.allSettled(asked);
      await closing;
      expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
      expect(settled[3]).toMatchObject({ reason: { code: 'ENGINE_OVERLOADED', status: 503, retryable: true } });
      await expect(own.predict(withRows(request.rows), inTime)).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    }, 60_000);
  });
}
