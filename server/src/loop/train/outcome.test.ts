import { expect, test } from 'vitest';
import { judge, nextStep } from './outcome.ts';
import type { ExitRecord } from './runner/attempt-folder.ts';

const exit: ExitRecord = { ended: 'exited', code: 0, signal: null, oom: false, startedAt: 1, endedAt: 2 };
const job = { retries: 1, infraRetries: 2, cancelRequestedAt: null };

test('a success whose model cannot be loaded again is a failure of the code', () => {
  const golden = { loadable: false, reason: 'no module named x', report: null };
  expect(judge({ exit, golden }, false)).toMatchObject({ outcome: 'user', exitCode: 0 });
  expect(judge({ exit, golden }, false).reason).toContain('no module named x');
});

test('golden requests that could not be recorded do not make a success a failure', () => {
  const golden = { loadable: true, reason: 'the control server did not answer', report: null };
  expect(judge({ exit, golden }, false)).toMatchObject({ outcome: 'succeeded', reason: null });
});

test('what nobody saw end is lost, and never taken for a success', () => {
  expect(judge({ exit: { ...exit, ended: 'lost', code: null }, golden: null }, false).outcome).toBe('lost');
});

test('a kill for want of memory is told from any other', () => {
  const killed = { ...exit, code: null, signal: 'SIGKILL' };
  expect(judge({ exit: { ...killed, oom: true }, golden: null }, false).outcome).toBe('oom');
  expect(judge({ exit: killed, golden: null }, false)).toMatchObject({ outcome: 'user', signal: 'SIGKILL' });
});

test('each kind of failure is paid from its own budget', () => {
  expect(nextStep(job, ['lost', 'user'], 0).kind).toBe('retry');
  expect(nextStep(job, ['user', 'lost', 'user'], 0)).toEqual({ kind: 'final', state: 'failed' });
  expect(nextStep(job, ['user', 'lost', 'infra'], 0).kind).toBe('retry');
  expect(nextStep(job, ['lost', 'infra', 'lost'], 0)).toEqual({ kind: 'final', state: 'failed' });
});

test('a job that was cancelled is tried no more, whatever ended its attempt', () => {
  expect(nextStep({ ...job, cancelRequestedAt: 1 }, ['lost'], 0)).toEqual({ kind: 'final', state: 'cancelled' });
});

test('the wait before a retry doubles up to a minute', () => {
  const delays = [1, 2, 3, 9].map((times) => {
    const step = nextStep(
      { ...job, retries: 99 },
      Array.from({ length: times }, () => 'user' as const),
      1,
    );
    return step.kind === 'retry' ? step.delayMs : 0;
  });
  expect(delays).toEqual([1_000, 2_000, 4_000, 60_000]);
});
