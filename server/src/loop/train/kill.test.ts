import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { databases, openDatabase } from '../../../test/databases.ts';
import type { Tables } from '../../database.ts';
import { readEventsOf } from '../../platform/events/event.store.ts';
import { findMarked } from '../../platform/processes/find-processes.ts';
import { readStat } from '../../platform/processes/identity.ts';
import { EXIT_CODE, type KillRig, kill, killRig, LINES } from './kill-rig.fixture.ts';
import type { TestJob } from './project.fixture.ts';
import { attemptSlots } from './stage.ts';
import { DRIVE_KIND } from './submit-job.ts';

/** Where a server may die, and where a runner; `loses`: the command had begun, and nobody saw it end. */
const SERVER_POINTS = [
  'after_submit',
  'before_start',
  'after_start',
  'after_checkout',
  'before_spec',
  'after_spec',
  'after_commit_intent',
  'after_spawn',
  'after_exit_before_read',
  'mid_log_upload',
  'before_finish',
  'after_finish',
  'before_clear',
] as const;
const RUNNER_POINTS = [
  { point: 'after_claim', loses: false },
  { point: 'before_spawn', loses: true },
  { point: 'before_identity_file', loses: true },
  { point: 'after_child_start', loses: true },
  { point: 'before_exit_file', loses: true },
  { point: 'after_exit_file', loses: false },
  { point: 'before_golden', loses: false },
  { point: 'before_final', loses: false },
] as const;

const LOST = { outcome: 'lost', exit_code: null, signal: null };
const ENDED = { outcome: 'user', exit_code: EXIT_CODE, signal: null };
const AFTER = 20_000;
/** Lines of a command that must still run when its runner is looked up. */
const LONG = 40;

const soaking = process.env['BUCLE_SOAK'] === '1';
const thorough = soaking || process.env['CI'] === 'true';
const kinds = thorough ? databases : databases.slice(0, 1);
/** Every day a third of the places. */
const some = <T>(points: readonly T[]) => points.filter((_, at) => thorough || at % 3 === 0);
const rounds = soaking ? Number(process.env['BUCLE_SOAK_ROUNDS'] ?? 5) : 1;

describe.concurrent.each(kinds)('killed with -9 on $name', { timeout: 120_000, repeats: rounds - 1 }, (kind) => {
  test.each(some(SERVER_POINTS))('a server that dies at %s goes on after its restart', async (point) => {
    await using rig = await killRig(kind, { point, act: 'SIGKILL' });
    const id = await rig.submit();
    const job = await rig.untilOver(id);
    // At the last point the job is over already when the server dies: it counts once the next one has begun.
    await vi.waitUntil(async () => (await rig.fired()) && rig.starts() > 1, AFTER);
    expect(job.attempts).toEqual([expect.objectContaining(ENDED)]);
    await checkInvariants(rig, job);
    expect(rig.starts()).toBe(2);
  });

  test.each(some(RUNNER_POINTS))('a runner that dies at $point is followed by another', async ({ point, loses }) => {
    await using rig = await killRig(kind, { point, act: 'SIGKILL' });
    const job = await rig.untilOver(await rig.submit());
    expect(await rig.fired()).toBe(true);
    expect(job.attempts.map(({ outcome, exit_code, signal }) => ({ outcome, exit_code, signal }))).toEqual(
      loses ? [LOST, ENDED] : [ENDED],
    );
    await checkInvariants(rig, job);
    expect(rig.starts()).toBe(1);
  });

  test('a server that is killed three times adopts the running command each time', async () => {
    await using rig = await killRig(kind);
    const id = await rig.submit({ command: ['sh', '-c', command(rig, 40)] });
    for (let times = 0; times < 3; times += 1) {
      await vi.waitUntil(async () => (await rig.commandPid(id)) !== null, AFTER);
      await sleep(300);
      kill(rig.serverPid(), 'SIGKILL');
      await vi.waitUntil(() => rig.starts() === times + 2, AFTER);
    }
    const job = await rig.untilOver(id);
    expect(job.attempts).toEqual([expect.objectContaining(ENDED)]);
    await checkInvariants(rig, job, 40);
  });

  test('a runner that is killed takes its command with it, and the attempt is tried again', async () => {
    await using rig = await killRig(kind);
    const id = await rig.submit({ command: ['sh', '-c', command(rig, LONG)] });
    await untilStarted(rig);
    kill(await runnerOf(rig, id), 'SIGKILL');
    const job = await rig.untilOver(id);
    expect(job.attempts).toEqual([expect.objectContaining(LOST), expect.objectContaining(ENDED)]);
    await checkInvariants(rig, job, LONG);
  });

  test('a lost attempt is not tried again when no retry is left, and the job says why', async () => {
    await using rig = await killRig(kind);
    const id = await rig.submit({ infra_retries: 0, command: ['sh', '-c', command(rig, LONG)] });
    await untilStarted(rig);
    kill(await runnerOf(rig, id), 'SIGKILL');
    const job = await rig.untilOver(id);
    expect(job).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('nobody knows how the command ended'),
    });
    await checkInvariants(rig, job);
  });

  test('a command whose leader is killed ends with that signal, and what it had started ends too', async () => {
    await using rig = await killRig(kind);
    const id = await rig.submit({ command: ['sh', '-c', `setsid sleep 600 & ${command(rig, 100)}`] });
    await untilStarted(rig);
    kill((await vi.waitUntil(() => rig.commandPid(id), AFTER)) ?? 0, 'SIGKILL');
    const job = await rig.untilOver(id);
    expect(job.attempts).toEqual([expect.objectContaining({ outcome: 'user', exit_code: null, signal: 'SIGKILL' })]);
    await checkInvariants(rig, job);
  });

  test('what a killed server left running counts: never more commands at once than places', async () => {
    await using rig = await killRig(kind);
    const file = join(rig.dataDir, 'witness');
    const command = ['sh', '-c', `echo start >> ${file}; sleep 1.5; echo end >> ${file}`];
    const jobs: string[] = [];
    for (const key of ['a', 'b', 'c', 'd', 'e']) jobs.push(await rig.submit({ command }, key));
    await vi.waitUntil(async () => (await rig.witness()).length >= 2, AFTER);
    kill(rig.serverPid(), 'SIGKILL');
    for (const job of jobs) expect(await rig.untilOver(job)).toMatchObject({ state: 'succeeded' });
    let living = 0;
    const counts = (await rig.witness()).map((line) => {
      living += line === 'start' ? 1 : -1;
      return living;
    });
    expect(counts.length).toBe(2 * jobs.length);
    expect(Math.max(...counts)).toBe(attemptSlots);
  });

  test('server and runner killed at once: the attempt is lost, and the next one runs alone', async () => {
    await using rig = await killRig(kind);
    const id = await rig.submit({ command: ['sh', '-c', command(rig, LONG)] });
    await untilStarted(rig);
    const runner = await runnerOf(rig, id);
    kill(rig.serverPid(), 'SIGKILL');
    kill(runner, 'SIGKILL');
    const job = await rig.untilOver(id);
    expect(job.attempts).toEqual([expect.objectContaining(LOST), expect.objectContaining(ENDED)]);
    await checkInvariants(rig, job, LONG);
  });
});

// While one process is frozen at a point, another one dies: what is left of points × victims.
const crossed = [
  ...(['after_spawn', 'after_exit_before_read', 'mid_log_upload', 'before_finish'] as const).flatMap((point) =>
    (['runner', 'command'] as const).map((victim) => ({ point, frozen: 'server' as const, victim })),
  ),
  ...RUNNER_POINTS.flatMap(({ point }) =>
    (['server', 'command'] as const).map((victim) => ({ point, frozen: 'runner' as const, victim })),
  ),
];

if (soaking) {
  describe.concurrent.each(kinds)('at a frozen moment on $name', { timeout: 120_000 }, (kind) => {
    test.each(crossed)('the $frozen stands at $point while the $victim dies', async ({ point, frozen, victim }) => {
      await using rig = await killRig(kind, { point, act: 'SIGSTOP' });
      const id = await rig.submit();
      await vi.waitUntil(() => rig.fired(), AFTER);
      const frozenPid = frozen === 'server' ? rig.serverPid() : await runnerOf(rig, id);
      await vi.waitUntil(() => readStat(frozenPid)?.state === 'T', AFTER);
      await killVictim(rig, id, victim);
      await sleep(500);
      kill(frozenPid, 'SIGCONT');
      const job = await rig.untilOver(id);
      const last = job.attempts.at(-1);
      expect([EXIT_CODE, null]).toContain(last?.exit_code);
      expect(['user', 'lost']).toContain(last?.outcome);
      await checkInvariants(rig, job);
    });
  });
}

/** At some points there is no runner or no command yet, or no more: then nothing dies. */
async function killVictim(rig: KillRig, job: string, victim: 'server' | 'runner' | 'command'): Promise<void> {
  if (victim === 'server') {
    kill(rig.serverPid(), 'SIGKILL');
    return;
  }
  const find = () => (victim === 'runner' ? rig.runnerPid(job) : rig.commandPid(job));
  const pid = await vi.waitUntil(find, 1_500).catch(() => null);
  if (pid !== null) kill(pid, 'SIGKILL');
}

async function untilStarted(rig: KillRig): Promise<void> {
  await vi.waitUntil(async () => (await rig.witness()).some((line) => line.startsWith('start')), AFTER);
}

async function runnerOf(rig: KillRig, job: string): Promise<number> {
  return (await vi.waitUntil(() => rig.runnerPid(job), AFTER)) ?? 0;
}

/** The same as the script, longer. */
function command(rig: KillRig, lines: number): string {
  return `exec ./train.sh ${join(rig.dataDir, 'witness')} ${lines}`;
}

/** What holds whatever was killed, and whenever. */
async function checkInvariants(rig: KillRig, job: TestJob, lines: number = LINES): Promise<void> {
  const { id } = job;
  await vi.waitUntil(() => !existsSync(join(rig.dataDir, 'attempts', id)), AFTER);
  for (const { number } of job.attempts) {
    expect(findMarked({ name: 'BUCLE_ATTEMPT', value: `${id}/${number}` })).toEqual([]);
    await checkLog(rig, job, number, lines);
  }
  const runs = await Promise.all(job.attempts.map(({ run }) => rig.run(run ?? '')));
  expect(runs).toEqual(
    job.attempts.map(() => expect.objectContaining({ status: 'FAILED', end_time: expect.any(Number) })),
  );
  const witness = await rig.witness();
  expect(witness.filter((line) => line.startsWith('overlap'))).toEqual([]);
  const startsOf = (number: number) => witness.filter((line) => line.match(`^start \\d+ ${id}/${number}$`)).length;
  for (const { number, exit_code } of job.attempts) {
    if (exit_code === EXIT_CODE) expect(startsOf(number)).toBe(1);
    else expect(startsOf(number)).toBeLessThanOrEqual(1);
  }
  await rig.stop();
  await checkRows(rig, job);
}

/** Complete and in order when the end of the command was seen, else an unbroken beginning. */
async function checkLog(rig: KillRig, job: TestJob, number: number, lines: number): Promise<void> {
  const { text, complete } = await rig.log(job.id, number);
  expect(complete).toBe(true);
  const found = text.split('\n').filter((line) => line.startsWith('line '));
  const expected = Array.from({ length: lines }, (_, index) => `line ${index}`);
  const { exit_code } = job.attempts.find((attempt) => attempt.number === number) ?? {};
  expect(found).toEqual(exit_code === EXIT_CODE ? expected : expected.slice(0, found.length));
}

async function checkRows(rig: KillRig, job: TestJob): Promise<void> {
  await using db = openDatabase<Tables>(rig.database.config);
  const events = (await readEventsOf(db.read, `job:${job.id}`, 1_000)).map(({ type }) => type);
  expect(events.filter((type) => type === 'job.submitted').length).toBe(1);
  expect(events.filter((type) => /^job\.(succeeded|failed|cancelled)$/.test(type))).toEqual([`job.${job.state}`]);
  expect(events.filter((type) => type === 'job.started').length).toBe(job.attempts.length);
  expect(events.filter((type) => type === 'job.retried').length).toBe(job.attempts.length - 1);
  const tokens = await db.read.selectFrom('tokens').selectAll().where('job_id', '=', job.id).execute();
  expect(tokens.filter(({ revoked_at }) => revoked_at === null)).toEqual([]);
  const drivers = db.read.selectFrom('background_jobs').select('state').where('kind', '=', DRIVE_KIND);
  expect(await drivers.execute()).toEqual([{ state: 'done' }]);
  expect(readdirSync(join(rig.dataDir, 'attempts'))).toEqual([]);
}
