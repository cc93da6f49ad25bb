import { sql } from 'kysely';
import type { Db, Trx } from '../../database.ts';
import { type Attempt, type AttemptState, type Outcome, WORKSPACE } from './job.ts';

export interface AttemptTable {
  workspace: string;
  job: string;
  number: number;
  state: AttemptState;
  run: string | null;
  host: string | null;
  environment: string | null;
  outcome: Outcome | null;
  exit_code: number | null;
  signal: string | null;
  reason: string | null;
  golden: string | null;
  not_before: number;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  log_bytes: number | null;
}

export interface AttemptTables {
  attempts: AttemptTable;
}

/** Which attempt. */
export type AttemptKey = Pick<Attempt, 'job' | 'number'>;

export async function insertAttempt(trx: Trx, attempt: AttemptKey & { notBefore: number; now: number }): Promise<void> {
  await trx
    .insertInto('attempts')
    .values({
      workspace: WORKSPACE,
      job: attempt.job,
      number: attempt.number,
      state: 'waiting',
      run: null,
      host: null,
      environment: null,
      outcome: null,
      exit_code: null,
      signal: null,
      reason: null,
      golden: null,
      not_before: attempt.notBefore,
      created_at: attempt.now,
      started_at: null,
      ended_at: null,
      log_bytes: null,
    })
    .execute();
}

/** In order. */
export async function listAttempts(db: Db, job: string): Promise<Attempt[]> {
  return (await attempts(db).where('job', '=', job).orderBy('number').execute()).map(toAttempt);
}

export async function findAttempt(db: Db, { job, number }: AttemptKey): Promise<Attempt | undefined> {
  const row = await attempts(db).where('job', '=', job).where('number', '=', number).executeTakeFirst();
  return row && toAttempt(row);
}

export async function findLastAttempt(db: Db, job: string): Promise<Attempt | undefined> {
  const row = await attempts(db).where('job', '=', job).orderBy('number', 'desc').limit(1).executeTakeFirst();
  return row && toAttempt(row);
}

/** The last attempts of these jobs. */
export async function findLastAttempts(db: Db, jobs: readonly string[]): Promise<Map<string, Attempt>> {
  if (jobs.length === 0) return new Map();
  const rows = await attempts(db)
    .where('job', 'in', [...jobs])
    .orderBy('number')
    .execute();
  return new Map(rows.map((row) => [row.job, toAttempt(row)]));
}

/** The attempt whose run this is. */
export async function findAttemptByRun(db: Db, run: string): Promise<Attempt | undefined> {
  const row = await attempts(db).where('run', '=', run).executeTakeFirst();
  return row && toAttempt(row);
}

/** Attempts that were started in a place and are not over. */
export async function countLiveAttempts(trx: Trx, host: string): Promise<number> {
  const { count } = await trx
    .selectFrom('attempts')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('workspace', '=', WORKSPACE)
    .where(sql<boolean>`state in ('preparing', 'running')`)
    .where('host', '=', host)
    .executeTakeFirstOrThrow();
  return Number(count);
}

type Change = Partial<Omit<AttemptTable, 'workspace' | 'job' | 'number' | 'state'>>;

/** One transition; false when the attempt is not in the state that it leaves. */
export async function moveAttempt(
  trx: Trx,
  { job, number }: AttemptKey,
  from: readonly AttemptState[],
  to: AttemptState,
  change: Change = {},
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('attempts')
    .set({ ...change, state: to })
    .where('workspace', '=', WORKSPACE)
    .where('job', '=', job)
    .where('number', '=', number)
    .where('state', 'in', [...from])
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

function attempts(db: Db) {
  return db.selectFrom('attempts').selectAll().where('workspace', '=', WORKSPACE);
}

function toAttempt(row: AttemptTable): Attempt {
  return {
    job: row.job,
    number: row.number,
    state: row.state,
    run: row.run,
    host: row.host,
    environment: row.environment,
    outcome: row.outcome,
    exitCode: row.exit_code,
    signal: row.signal,
    reason: row.reason,
    golden: row.golden === null ? null : (JSON.parse(row.golden) as unknown),
    notBefore: row.not_before,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    logBytes: row.log_bytes,
  };
}
