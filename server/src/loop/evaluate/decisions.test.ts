import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { readEventsOf } from '../../platform/events/event.store.ts';
import type { JobRun } from '../../platform/jobs/jobs.ts';
import type { DatasetVersion } from '../data/index.ts';
import { decideJob } from './decide/decide-job.ts';
import { ask, because, type EvaluateTest, flights, openEvaluate } from './decision.fixture.ts';
import { findDecision, markRunning } from './decision.store.ts';
import { type Decision, type DecisionQuestion, decisionRef } from './decision.ts';
import { recordFirst, recordOverride } from './record-decision.ts';
import { replayDecision } from './replay-decision.ts';
import { requestDecision } from './request-decision.ts';

describe.each(databases)('decisions on $name', { timeout: 90_000 }, (database) => {
  // What depends on no database is tested on the first one.
  const once = (name: string, check: () => Promise<void>) => {
    if (database === databases[0]) test(name, check);
  };
  let e: EvaluateTest;
  let training: DatasetVersion;
  let holdout: DatasetVersion;
  let right = '';
  let wrong = '';
  let key = 0;

  beforeAll(async () => {
    e = await openEvaluate(database);
    training = await e.addDataset('training', flights('t', { seed: 2 }));
    holdout = await e.addDataset('holdout', flights('h'));
    right = await e.addVersion('right', {}, training);
    wrong = await e.addVersion('wrong', { by: 1.2 }, training);
  });
  afterAll(() => e[Symbol.asyncDispose]());

  const decide = async (question: DecisionQuestion): Promise<Decision> => {
    key += 1;
    const { id } = await requestDecision(e.t.context, { ...question, ...because, key: `key-${key}` });
    return e.untilMade(id);
  };
  const replay = (id: string) => replayDecision({ ...e.t.context, models: e.models }, id, new AbortController().signal);

  test('a candidate that is better on rows that neither was trained on is promoted, with evidence', async () => {
    const decision = await decide(ask(holdout, right, wrong, { slices: ['carrier'] }));
    expect(decision).toMatchObject({ kind: 'evaluation', verdict: 'promote', candidate: right, champion: wrong });
    expect(decision.headline).toMatch(
      /^version:right\/1 is better than version:wrong\/1: log_loss 0\.\d+ against 0\.\d+, a gain of 0\.\d+ \(95 % from 0\.\d+ to 0\.\d+\) on 800 rows\.$/,
    );
    const { evidence } = decision;
    expect(evidence).toMatchObject({
      dataset: { ref: 'dataset:holdout@1', rows: 800 },
      rows: { compared: 800, unlabelled: 0, unanswered: 0, days: 20 },
      candidate: { version: right, engine: 'onnx', unanswered: 0, engine_reason: null },
      champion: { version: wrong, engine: 'onnx' },
      difference: { metric: 'log_loss', blocks: 20, rows: 800 },
    });
    expect(evidence?.difference?.method).toMatch(/^paired percentile bootstrap over 20 days, \d+ draws, seed \d+$/);
    expect(evidence?.difference?.low).toBeGreaterThan(0);
    expect(evidence?.candidate?.metrics[0]).toMatchObject({ name: 'log_loss', rows: 800 });
    expect(evidence?.slices.map(({ value }) => value).sort()).toEqual(['AA', 'B6', 'UA']);
    expect(evidence?.latency_ratio).toBeGreaterThan(0);
    expect(evidence?.disjointness).toMatchObject([
      { version: right, proven: true, training: [{ dataset: 'dataset:training@1', columns: ['flight'], shared: 0 }] },
      { version: wrong, proven: true },
    ]);
  });

  test('it is told in an event whose cause is the request, and can be replayed to the last bit', async () => {
    const decision = await decide(
      ask(holdout, right, wrong, { slices: ['carrier'], guards: [{ metric: 'auc', margin: 0.01 }] }),
    );
    const events = await readEventsOf(e.t.context.db.read, decisionRef(decision), 10);
    expect(events.map(({ type, cause }) => [type, cause])).toEqual([
      ['decision.requested', 'request:test'],
      ['decision.made', events[0]?.id],
    ]);
    expect(decision.event).toBe(events[1]?.id);
    expect(events[1]?.data).toMatchObject({ verdict: 'promote', candidate: right, champion: wrong });
    const again = await replay(decision.id);
    expect(again).toMatchObject({
      identical: true,
      differences: [],
      verdict: { recorded: 'promote', again: 'promote' },
    });
    expect(again.headline).toBe(decision.headline);
  });

  once('a replay tells what is another number now', async () => {
    const decision = await decide(ask(holdout, right, wrong));
    const { evidence } = decision;
    const gain = { ...evidence?.difference, gain: 0.5 };
    await e.t.context.db.transaction(async (trx) => {
      await trx
        .updateTable('decisions')
        .set({ evidence: JSON.stringify({ ...evidence, difference: gain }) })
        .where('id', '=', decision.id)
        .execute();
    });
    const again = await replay(decision.id);
    expect(again).toMatchObject({
      identical: false,
      differences: [{ path: 'evidence.difference.gain', recorded: '0.5' }],
    });
  });

  once('not better is no failure: the champion stays, and the sentence has the numbers', async () => {
    const worse = await decide(ask(holdout, wrong, right));
    expect(worse).toMatchObject({ verdict: 'keep' });
    expect(worse.headline).toMatch(
      /^version:right\/1 stays: version:wrong\/1 is clearly worse in log_loss: 0\.\d+ against 0\.\d+, a loss of/,
    );
    const same = await e.addVersion('same', {}, training);
    const tie = await decide(ask(holdout, same, right));
    expect(tie).toMatchObject({ verdict: 'keep', evidence: { difference: { gain: 0, low: 0, high: 0 } } });
    expect(tie.headline).toMatch(/is not shown to be better.*the lower bound 0 is not above the margin 0/);
    const allowed = await decide(ask(holdout, same, right, { margin: -0.01 }));
    expect(allowed.verdict).toBe('promote');
    expect(allowed.headline).toMatch(
      /is not clearly worse than version:right\/1: .*; the lower bound is above the margin -0.01\.$/,
    );
  });

  once('rows that a model was trained on make the decision invalid, and the reason counts them', async () => {
    const leaked = await e.addDataset('leaked', [...flights('t', { seed: 2 }), ...flights('h').slice(0, 5)]);
    const cheat = await e.addVersion('cheat', {}, leaked);
    const decision = await decide(ask(holdout, cheat, wrong));
    expect(decision).toMatchObject({ verdict: 'invalid', evidence: { candidate: null, difference: null } });
    expect(decision.headline).toMatch(
      /5 of the 800 rows of dataset:holdout@1 are in dataset:leaked@1, which version:cheat\/1 was trained on/,
    );
    const asChampion = await decide(ask(holdout, right, cheat));
    expect(asChampion.verdict).toBe('invalid');
    expect((await decide(ask(training, right, wrong))).headline).toMatch(/800 of the 800 rows of dataset:training@1/);
    expect((await replay(decision.id)).identical).toBe(true);
  });

  once('without a declared key all shared columns tell rows apart', async () => {
    const question = ask(holdout, right, wrong);
    const decision = await decide({ ...question, columns: { ...question.columns, key: null } });
    const [proof] = decision.evidence?.disjointness ?? [];
    expect(proof?.training[0]?.columns).toEqual(['flight', 'time', 'distance', 'hour', 'carrier', 'late']);
    expect(decision.verdict).toBe('promote');
  });

  once('a model whose training data nobody knows cannot be judged', async () => {
    const stranger = await e.addVersion('stranger', {}, null);
    const decision = await decide(ask(holdout, stranger, wrong));
    expect(decision).toMatchObject({ verdict: 'invalid' });
    expect(decision.headline).toMatch(/its training data is unknown/);
  });

  once('without a champion only the absolute rules count', async () => {
    expect(await decide(ask(holdout, right, null))).toMatchObject({
      verdict: 'promote',
      evidence: { champion: null, difference: null },
    });
    const few = await decide(ask(holdout, right, null, { minimum_rows: 801 }));
    expect(few).toMatchObject({ verdict: 'keep' });
    expect(few.headline).toBe(
      'version:right/1 does not pass the gate: Only 800 rows could be compared; the gate asks for 801.',
    );
    const limit = await decide(ask(holdout, right, null, { limit: 0.1 }));
    expect(limit.reasons[0]).toMatch(/^log_loss of version:right\/1 is 0\.\d+; the gate accepts at most 0\.1\.$/);
  });

  once('a slice that gets clearly worse is a veto, however good the whole is', async () => {
    const uneven = await e.addVersion('uneven', { forUa: 2.2 }, training);
    const awful = await e.addVersion('awful', { by: 1.9 }, training);
    expect((await decide(ask(holdout, uneven, awful))).verdict).toBe('promote');
    const decision = await decide(ask(holdout, uneven, awful, { slices: ['carrier'] }));
    expect(decision.verdict).toBe('keep');
    expect(decision.reasons[0]).toMatch(
      /^log_loss gets clearly worse where carrier = UA: .*allowing for the number of slices the gain is at most -/,
    );
  });

  once('a guarded metric that gets clearly worse is a veto, and so is an answer that takes too long', async () => {
    const guarded = await decide(ask(holdout, right, wrong, { guards: [{ metric: 'recall', margin: 0 }] }));
    expect(guarded).toMatchObject({ verdict: 'keep' });
    expect(guarded.reasons[0]).toMatch(/^recall gets clearly worse: 0\.\d+ against 0\.\d+, a loss of/);
    const slow = await decide(ask(holdout, right, wrong, { max_latency_ratio: 0.01 }));
    expect(slow).toMatchObject({ verdict: 'keep' });
    expect(slow.headline).toMatch(/A row takes [\d.]+ times as long; the gate allows 0.01 times/);
    expect((await replay(slow.id)).identical).toBe(true);
  });

  once('rows without a label are left out and counted; labels that mean nothing make it invalid', async () => {
    const some = flights('some').map((row, at) => (at < 100 ? { ...row, late: null } : row));
    const decision = await decide(ask(await e.addDataset('some', some), right, wrong));
    expect(decision).toMatchObject({ verdict: 'promote', evidence: { rows: { compared: 700, unlabelled: 100 } } });
    const words = flights('words').map((row) => ({ ...row, late: row.late === 1 ? 'late' : 'on time' }));
    const strange = await decide(ask(await e.addDataset('words', words), right, wrong));
    expect(strange).toMatchObject({ verdict: 'invalid' });
    expect(strange.headline).toMatch(
      /None of the 800 rows of dataset:words@1 has a usable label: "(late|on time)" is none/,
    );
  });

  once('what is not there makes it invalid, with a reason', async () => {
    expect((await decide({ ...ask(holdout, right, wrong), dataset: 'dataset:nowhere@1' })).headline).toMatch(
      /There is no dataset nowhere/,
    );
    expect((await decide(ask(holdout, 'version:nobody/1', wrong))).headline).toMatch(/There is no version/);
    const question = ask(holdout, right, wrong);
    const column = await decide({ ...question, columns: { ...question.columns, label: 'nothing' } });
    expect(column.headline).toMatch(
      /dataset:holdout@1 has no column nothing, which the evaluation needs; it has flight, time/,
    );
  });

  test('the same key is the same decision, and no other question may use it', async () => {
    const request = { ...ask(holdout, right, wrong), ...because, key: 'once' };
    const [first, second] = await Promise.all([
      requestDecision(e.t.context, request),
      requestDecision(e.t.context, request),
    ]);
    expect(second.id).toBe(first.id);
    await expect(requestDecision(e.t.context, { ...request, champion: null })).rejects.toMatchObject({
      code: 'EVALUATE_KEY_REUSED',
    });
    await expect(requestDecision(e.t.context, { ...request, key: 'x', champion: right })).rejects.toMatchObject({
      code: 'EVALUATE_SAME_VERSION',
    });
    await e.untilMade(first.id);
  });

  test('promotions without an evaluation are decisions too, and say who answers for them', async () => {
    const { context } = e.t;
    const said = { subject: 'endpoint:flights', candidate: right, ...because };
    const first = await context.db.transaction((trx) => recordFirst(trx, context, said));
    expect(await findDecision(context.db.read, first.id)).toEqual(first);
    expect(first).toMatchObject({ kind: 'first', state: 'made', verdict: 'promote', evidence: null });
    const override = { ...said, champion: wrong, reason: 'it is an emergency' };
    const second = await context.db.transaction((trx) => recordOverride(trx, context, override));
    expect(second.headline).toBe(
      'test promoted version:right/1 on endpoint:flights instead of version:wrong/1: it is an emergency',
    );
    const [event] = await readEventsOf(context.db.read, decisionRef(second), 10);
    expect(event).toMatchObject({ id: second.event, type: 'decision.made', cause: 'request:test', actor: 'test' });
    await expect(replay(second.id)).rejects.toMatchObject({ code: 'EVALUATE_NOT_REPLAYABLE' });
  });
});

describe.each(databases)('a decision whose server is killed, on $name', { timeout: 90_000 }, (database) => {
  test('is taken up wherever it stood, and made once', async () => {
    await using e = await openEvaluate(database, { background: false });
    const { context } = e.t;
    const training = await e.addDataset('training', flights('t', { seed: 2 }));
    const holdout = await e.addDataset('holdout', flights('h'));
    const right = await e.addVersion('right', {}, training);
    const wrong = await e.addVersion('wrong', { by: 1.2 }, training);
    const job = decideJob({ ...context, models: e.models });
    const runOf = (id: string, attempt: number): JobRun => ({
      job: { id: 'j', kind: job.kind, key: id, payload: { decision: id, cause: 'e' }, attempt, epoch: attempt },
      signal: new AbortController().signal,
      fence: async () => {},
    });
    const decision = await requestDecision(context, { ...ask(holdout, right, wrong), ...because, key: 'k' });
    const { id } = decision;
    // Died while it was running: the next turn begins anew.
    await context.db.transaction((trx) => markRunning(trx, id));
    await job.handle(runOf(id, 2));
    const made = await findDecision(context.db.read, id);
    expect(made).toMatchObject({ state: 'made', verdict: 'promote' });
    // Died after it was made, and before the job was settled.
    await job.handle(runOf(id, 3));
    expect(await findDecision(context.db.read, id)).toEqual(made);
    const events = await readEventsOf(context.db.read, decisionRef(decision), 10);
    expect(events.map(({ type }) => type)).toEqual(['decision.requested', 'decision.made']);
    // Died again and again: nobody waits for ever.
    const other = await requestDecision(context, { ...ask(holdout, wrong, right), ...because, key: 'k2' });
    await job.handle(runOf(other.id, 6));
    expect(await findDecision(context.db.read, other.id)).toMatchObject({ state: 'made', verdict: 'invalid' });
    // Lost its lease: whoever holds it now decides.
    const third = await requestDecision(context, { ...ask(holdout, wrong, right), ...because, key: 'k3' });
    const lost: JobRun = { ...runOf(third.id, 1), fence: () => Promise.reject(new Error('lost')) };
    await expect(job.handle(lost)).rejects.toThrow('lost');
    expect(await findDecision(context.db.read, third.id)).toMatchObject({ state: 'pending' });
  });
});
