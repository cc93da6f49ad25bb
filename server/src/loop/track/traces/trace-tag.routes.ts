import type { Context } from '../../../context.ts';
import {
  type AddOperation,
  invalidParameter,
  list,
  message,
  mlflowError,
  required,
  text,
} from '../mlflow-protocol/index.ts';
import { checkLength } from '../names.ts';
import { requireOwnRun, requireRun } from '../require-run.ts';
import { insertLinks } from './link.store.ts';
import { checkOwnTrace, requireOwnTrace } from './require-trace.ts';
import { deleteTraceTag, findTraceRows, replaceTrace, upsertTracePairs } from './trace.store.ts';
import { MAX_NAME, NAME_TAG } from './trace.ts';
import { looseText } from './trace-fields.ts';
import { checkTagRemoval, checkTraceTag } from './trace-tag.ts';

type Parts = Pick<Context, 'db'>;

const MOST_LINKS = 100;

/** Tags of traces, and what they are linked to. */
export function traceTagOperations(add: AddOperation, parts: Parts): void {
  tagOperations(add, parts);
  linkToRunOperation(add, parts);
  linkPromptsOperation(add, parts);
}

function tagOperations(add: AddOperation, { db }: Parts): void {
  add({
    method: 'PATCH',
    path: 'traces/:trace_id/tags',
    jobs: true,
    request: { trace_id: required(text()), key: required(text()), value: looseText() },
    async handle({ trace_id, key, value = '' }, { principal }) {
      const tag = checkTraceTag(key, value);
      if (key === NAME_TAG) checkLength(value, 'Trace name', MAX_NAME);
      await db.transaction(async (trx) => {
        await db.lock(trx, `trace:${trace_id}`);
        const trace = await requireOwnTrace(trx, trace_id, principal);
        if (key === NAME_TAG) await replaceTrace(trx, { ...trace, name: value });
        else await upsertTracePairs(trx, 'trace_tags', trace.id, [tag]);
      });
      return {};
    },
  });
  add({
    method: 'DELETE',
    path: 'traces/:trace_id/tags',
    jobs: true,
    request: { trace_id: required(text()), key: required(text()) },
    async handle({ trace_id, key }, { principal }) {
      checkTagRemoval(key);
      await db.transaction(async (trx) => {
        await db.lock(trx, `trace:${trace_id}`);
        const trace = await requireOwnTrace(trx, trace_id, principal);
        const isThere = key === NAME_TAG ? trace.name !== null : await deleteTraceTag(trx, trace.id, key);
        if (!isThere) throw noTag(trace.id, key);
        if (key === NAME_TAG) await replaceTrace(trx, { ...trace, name: null });
      });
      return {};
    },
  });
}

function linkToRunOperation(add: AddOperation, { db }: Parts): void {
  add({
    method: 'POST',
    path: 'traces/link-to-run',
    jobs: true,
    request: { trace_ids: required(list(text())), run_id: required(text()) },
    async handle({ trace_ids, run_id }, { principal }) {
      if (trace_ids.length > MOST_LINKS) {
        throw invalidParameter(
          `Cannot link more than ${MOST_LINKS} traces to a run in a single request. Provided ${trace_ids.length} traces.`,
        );
      }
      await db.transaction(async (trx) => {
        await (principal.kind === 'job' ? requireOwnRun(trx, run_id, principal) : requireRun(trx, run_id));
        // Those that are not there are left out, as MLflow's own server does.
        const traces = await findTraceRows(trx, trace_ids);
        for (const trace of traces) checkOwnTrace(trace, principal);
        await insertLinks(
          trx,
          traces.map(({ id }) => ({ trace: id, kind: 'run' as const, target: run_id })),
        );
      });
      return {};
    },
  });
}

function linkPromptsOperation(add: AddOperation, { db }: Parts): void {
  const prompt = message({ name: required(text()), version: required(text()) });
  add({
    method: 'POST',
    path: 'traces/link-prompts',
    jobs: true,
    request: { trace_id: required(text()), prompt_versions: required(list(prompt, 1_000)) },
    async handle({ trace_id, prompt_versions }, { principal }) {
      const links = prompt_versions.map(({ name, version }) => {
        if (!/^\d{1,15}$/.test(version))
          throw invalidParameter(`The version of a prompt is a number, not '${version}'.`);
        return { trace: trace_id, kind: 'prompt' as const, target: `${name}/${Number(version)}` };
      });
      await db.transaction(async (trx) => {
        await db.lock(trx, `trace:${trace_id}`);
        await requireOwnTrace(trx, trace_id, principal);
        await insertLinks(trx, links);
      });
      return {};
    },
  });
}

function noTag(trace: string, key: string) {
  return mlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `No trace tag with key '${key.slice(0, 300)}' for trace with ID '${trace}'`,
  );
}
