import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import type { Principal } from '../../platform/auth/principal.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { hexId } from '../../platform/ids.ts';
import { createRun } from './create-run.ts';
import { setRunStatus } from './end-run.ts';
import { parseExperimentId } from './experiment.ts';
import { setRunTags } from './log-batch.ts';
import {
  type AddOperation,
  choice,
  integer,
  invalidParameter,
  list,
  message,
  mlflowError,
  required,
  text,
} from './mlflow-protocol/index.ts';
import { checkLength, MAX_KEY, MAX_RUN_TAG_VALUE, truncate } from './names.ts';
import { requireOwnRun, requireWritableRun } from './require-run.ts';
import { updateRun } from './run.store.ts';
import { JOB_TAG, NAME_TAG, RUN_STATUSES, toRunInfoJson, toRunJson } from './run.ts';
import { findRun } from './run-detail.store.ts';
import { searchFields, searchRuns } from './search-runs.ts';
import type { Pair } from './workspace.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

export const runId = required(text('run_uuid', 'runUuid'));
const tag = message({ key: required(text()), value: text() });
const PARENT_TAG = 'mlflow.parentRunId';

export function runOperations(add: AddOperation, parts: Parts): void {
  createOperation(add, parts);
  updateOperation(add, parts);
  lifecycleOperations(add, parts);
  add({
    method: 'GET',
    path: 'runs/get',
    request: { run_id: runId },
    async handle({ run_id }) {
      const run = await findRun(parts.db.read, run_id);
      if (!run) throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Run with id=${run_id.slice(0, 300)} not found`);
      return { run: toRunJson(run) };
    },
  });
  add({
    method: 'POST',
    path: 'runs/search',
    scope: 'read',
    request: searchFields,
    handle: (request) => searchRuns(parts, request),
  });
}

function createOperation(add: AddOperation, parts: Parts): void {
  add({
    method: 'POST',
    path: 'runs/create',
    jobs: true,
    request: { experiment_id: text(), user_id: text(), run_name: text(), start_time: integer(), tags: list(tag) },
    async handle(request, { principal }) {
      const tags = checkTags(request.tags);
      const named = tags.find(({ key }) => key === NAME_TAG)?.value;
      if (request.run_name && named && named !== request.run_name) {
        throw invalidParameter(
          `Both 'run_name' argument and '${NAME_TAG}' tag are specified, but with different values ` +
            `(run_name='${request.run_name}', ${NAME_TAG}='${named}').`,
        );
      }
      const id = hexId();
      await parts.db.transaction(async (trx) => {
        await createRun(trx, parts, {
          id,
          experiment: parseExperimentId(request.experiment_id || '0'),
          name: request.run_name,
          user: request.user_id ?? '',
          startTime: request.start_time ?? parts.clock.now(),
          tags: await ownTags(trx, tags, principal),
          actor: principal.name,
        });
      });
      const run = await findRun(parts.db.read, id);
      if (!run) throw new Error(`The run ${id} is not there right after it was inserted.`);
      return { run: toRunJson(run) };
    },
  });
}

/** A job may only make runs inside of its own, and they are its own from then on. */
async function ownTags(trx: Trx, tags: readonly Pair[], principal: Principal): Promise<readonly Pair[]> {
  if (principal.kind !== 'job') return tags;
  const parent = tags.find(({ key }) => key === PARENT_TAG)?.value;
  if (parent === undefined) {
    throw mlflowError(
      'PERMISSION_DENIED',
      "A job's token may not start a run of its own: each attempt of the job is a run, whose id is in MLFLOW_RUN_ID. " +
        'Log to that run (`mlflow.start_run()` without a run id does), or start runs inside of it with nested=True.',
    );
  }
  await requireOwnRun(trx, parent, principal);
  return [...tags.filter(({ key }) => key !== JOB_TAG), { key: JOB_TAG, value: principal.jobId }];
}

function updateOperation(add: AddOperation, parts: Parts): void {
  const { db, clock } = parts;
  add({
    method: 'POST',
    path: 'runs/update',
    jobs: true,
    request: { run_id: runId, status: choice(RUN_STATUSES), end_time: integer(), run_name: text() },
    async handle({ run_id, status, end_time, run_name }, { principal }) {
      return db.transaction(async (trx) => {
        await db.lock(trx, `run:${run_id}`);
        const run = await requireWritableRun(trx, run_id, principal);
        const change = { status: status ?? run.status, endTime: end_time ?? null, actor: principal.name };
        if (status !== undefined || end_time !== undefined) await setRunStatus(trx, { clock }, run, change);
        if (run_name) await setRunTags(trx, run, [{ key: NAME_TAG, value: run_name }]);
        return { run_info: toRunInfoJson(await requireOwnRun(trx, run_id, principal)) };
      });
    },
  });
}

function lifecycleOperations(add: AddOperation, { db, clock }: Parts): void {
  for (const [path, lifecycle, type] of [
    ['runs/delete', 'deleted', 'run.deleted'],
    ['runs/restore', 'active', 'run.restored'],
  ] as const) {
    add({
      method: 'POST',
      path,
      request: { run_id: runId },
      async handle({ run_id }, { principal }) {
        await db.transaction(async (trx) => {
          await db.lock(trx, `run:${run_id}`);
          const run = await requireOwnRun(trx, run_id, principal);
          if (run.lifecycle === lifecycle) return;
          await updateRun(trx, run.id, { lifecycle });
          await appendEvent(trx, { clock }, { type, subject: `run:${run.id}`, actor: principal.name });
        });
        return {};
      },
    });
  }
}

/** When a run is made MLflow takes any name. */
function checkTags(tags: readonly { key: string; value: string | undefined }[]): Pair[] {
  return tags.map(({ key, value = '' }, i) => {
    checkLength(key, `tags[${i}].key`, MAX_KEY);
    return { key, value: truncate(value, MAX_RUN_TAG_VALUE) };
  });
}
