import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Trx } from '../../../database.ts';
import { failpoint } from '../../../platform/config/failpoint.ts';
import type { JobHandler, JobOutcome, JobRun } from '../../../platform/jobs/jobs.ts';
import type { ConversionResult } from '../conversion.store.ts';
import { findDeployment, recordPreparation } from '../deployment.store.ts';
import type { Deployment, Failure } from '../deployment.ts';
import { refreshDesiredState } from '../desired-state.ts';
import { recordFailure, recordTransition } from '../record-transition.ts';
import { fetchModel, modelDigest } from './fetch-model.ts';
import { obtainGolden } from './obtain-golden.ts';
import { obtainOnnx } from './obtain-onnx.ts';
import type { Preparation, PrepareParts } from './parts.ts';
import { PrepareFailure } from './prepare-failure.ts';
import { reportProgress } from './report-progress.ts';
import { requireLoader } from './require-loader.ts';

/** Kind of the background job that brings a deployment to the gateways. */
export const PREPARE_KIND = 'deploy.prepare';
/** After so many failures of network or machine it fails with the last one's reason. */
export const PREPARE_TRIES = 8;

const WATCH_MS = 1_000;
const NEXT = '`bucle endpoints deploy` again once that is mended; a failed deployment is never tried again by itself.';

interface Payload {
  readonly deployment: string;
  /** Event that asked for it. */
  readonly cause: string;
}

/**
 * Prepares one deployment: its files, golden requests and ONNX form. Each step can be repeated and ends in one
 * conditional statement, so that it may be killed anywhere and taken up by another process.
 */
export function prepareJob(parts: PrepareParts): JobHandler {
  return { kind: PREPARE_KIND, concurrency: 2, handle: (run) => prepare(parts, run) };
}

async function prepare(parts: PrepareParts, run: JobRun): Promise<JobOutcome> {
  const { deployment: id, cause } = run.job.payload as Payload;
  const because = { actor: 'deploy', cause };
  const deployment = await findDeployment(parts.db.read, id);
  if (!deployment || !isWanted(deployment)) return undefined;
  const fail = (failure: Failure) =>
    commit(parts, run, (trx) => recordFailure(trx, parts, deployment, { ...because, failure }));
  if (run.job.attempt > PREPARE_TRIES) {
    await fail({ step: 'server', reason: 'The server ended again and again while it prepared this.', next: NEXT });
    return undefined;
  }
  await commit(parts, run, (trx) => recordTransition(trx, parts, deployment, 'preparing', because));
  failpoint('deploy:preparing');
  try {
    await prepareIn(parts, run, deployment, because);
  } catch (error) {
    if (error instanceof PrepareFailure) await fail(error.failure);
    else if (run.signal.aborted || run.job.attempt < PREPARE_TRIES) throw await noteRetry(parts, id, error);
    else await fail({ step: 'server', reason: messageOf(error), next: nextOf(error) });
  }
  return undefined;
}

async function prepareIn(
  parts: PrepareParts,
  run: JobRun,
  deployment: Deployment,
  because: { actor: string; cause: string },
): Promise<void> {
  const scratch = await emptyScratch(parts, deployment.id, run.job.epoch);
  const progress = reportProgress(parts, deployment.id);
  const settled = new AbortController();
  const unwanted = untilUnwanted(parts, deployment.id, settled.signal);
  const signal = AbortSignal.any([run.signal, unwanted]);
  try {
    const preparation = await lookAtModel(parts, run, {
      ...{ deployment, scratch, signal, onLine: progress.onLine },
    });
    const golden = await obtainGolden(parts, preparation);
    await record(parts, run, deployment.id, {
      golden: JSON.stringify({ sha256: golden.sha256, origin: golden.origin }),
    });
    failpoint('deploy:golden');
    const conversion = await convertIfAsked(parts, preparation, golden.file);
    failpoint('deploy:converted');
    await progress.end();
    await commit(parts, run, (trx) =>
      recordTransition(trx, parts, deployment, 'published', {
        ...because,
        columns: {
          onnx_files: conversion?.files ? JSON.stringify(conversion.files) : null,
          conversion_reason: conversion?.reason ?? null,
        },
        data: { golden: golden.origin, onnx: Boolean(conversion?.files), reason: conversion?.reason ?? null },
      }),
    );
    failpoint('deploy:published');
  } catch (error) {
    if (!unwanted.aborted) throw error;
  } finally {
    settled.abort();
    await progress.end();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function lookAtModel(
  parts: PrepareParts,
  run: JobRun,
  given: Omit<Preparation, 'modelId' | 'folder' | 'files' | 'digest'>,
): Promise<Preparation> {
  const { deployment, scratch, signal, onLine } = given;
  onLine('reading the files of the model');
  const folder = join(scratch, 'model');
  const { modelId } = deployment;
  const files = await fetchModel(parts, modelId, { folder, signal });
  await requireLoader(folder);
  const digest = modelDigest(files);
  await record(parts, run, deployment.id, { model_digest: digest, model_files: JSON.stringify(files) });
  failpoint('deploy:files');
  return { ...given, modelId, folder, files, digest };
}

async function convertIfAsked(
  parts: PrepareParts,
  preparation: Preparation,
  goldenFile: string,
): Promise<ConversionResult | null> {
  const { engine } = preparation.deployment;
  if (engine === 'python') return null;
  const result = await obtainOnnx(parts, preparation, goldenFile);
  if (engine === 'auto' || result.files !== null) return result;
  throw new PrepareFailure({
    step: 'conversion',
    reason: `The engine onnx was insisted on, but the model has no ONNX form that is proven: ${result.reason}.`,
    next: 'Deploy with --engine auto: then a Python worker serves it.',
  });
}

/** In a transaction that fails when another worker holds the job by now; what gateways see follows the rows. */
async function commit(parts: PrepareParts, run: JobRun, change: (trx: Trx) => Promise<boolean>): Promise<void> {
  await parts.db.transaction(async (trx) => {
    await run.fence(trx);
    if (await change(trx)) await refreshDesiredState(parts, trx);
  });
}

async function record(
  parts: PrepareParts,
  run: JobRun,
  id: string,
  change: Parameters<typeof recordPreparation>[2],
): Promise<void> {
  await parts.db.transaction(async (trx) => {
    await run.fence(trx);
    await recordPreparation(trx, id, change);
  });
}

/** Aborts when somebody retires the deployment meanwhile: no need to go on for minutes. */
function untilUnwanted({ db }: PrepareParts, id: string, settled: AbortSignal): AbortSignal {
  const unwanted = new AbortController();
  const watch = async () => {
    while (!settled.aborted) {
      await sleep(WATCH_MS, undefined, { signal: settled, ref: false }).catch(() => {});
      const deployment = settled.aborted ? undefined : await findDeployment(db.read, id).catch(() => undefined);
      if (deployment && !isWanted(deployment)) return unwanted.abort(new Error('the deployment was retired'));
    }
  };
  void watch();
  return unwanted.signal;
}

function isWanted({ state }: Deployment): boolean {
  return state === 'pending' || state === 'preparing';
}

/** A folder of this turn only: an older turn that still writes somewhere cannot disturb it. */
async function emptyScratch({ config }: PrepareParts, id: string, epoch: number): Promise<string> {
  const root = join(config.dataDir, 'deploy');
  await mkdir(root, { recursive: true });
  const former = (await readdir(root)).filter((name) => name.startsWith(`${id}.`));
  for (const name of former) await rm(join(root, name), { recursive: true, force: true });
  const scratch = join(root, `${id}.${epoch}`);
  await mkdir(scratch);
  return scratch;
}

async function noteRetry({ db }: PrepareParts, id: string, error: unknown): Promise<unknown> {
  const progress = `it will be tried again: ${messageOf(error)}`.slice(0, 600);
  await db.transaction((trx) => recordPreparation(trx, id, { progress })).catch(() => {});
  return error;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function nextOf(error: unknown): string {
  return (error as { next?: string }).next ?? NEXT;
}
