import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, ManifestFile } from '@bucle/client/chunks';
import type { Context } from '../../context.ts';
import { BucleError } from '../../platform/errors.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import type { JobHandler, JobRun } from '../../platform/jobs/jobs.ts';
import { profileTables } from '../../platform/parquet/profile-tables.ts';
import { type TableFile, tableFormat } from '../../platform/parquet/table-file.ts';
import type { TableProfiles } from '../../platform/parquet/table-profile.ts';
import { type DatasetProfileTable, listVersionsOfManifest, updateProfile } from './dataset.store.ts';
import { countRows, formatDatasetRef } from './dataset.ts';
import { loadManifest } from './manifest-blob.ts';
import { placeTable } from './place-tables.ts';
import { readFileChunks } from './read-chunks.ts';

export const PROFILE_JOB = 'data.profile';
/** A claim counts, also one that ended with the server: data that kills the server must not kill it for ever. */
export const PROFILE_TRIES = 5;
const LAST_TRY = 4;

/** Above this a version keeps its schema unknown: looking into each file would take hours. */
const MAX_TABLE_FILES = 2_000;

type Parts = Pick<Context, 'db' | 'blobs' | 'config' | 'clock'>;

/** Verifies the files of a version against their hashes, then computes schema and profile. */
export function profileJob(parts: Parts): JobHandler {
  return {
    kind: PROFILE_JOB,
    async handle(run) {
      const { manifest } = run.job.payload as { manifest: string };
      if (run.job.attempt >= LAST_TRY) {
        await finish(
          parts,
          run,
          manifest,
          failed('It was tried three times, and failed or ended with the server each time.'),
        );
        return undefined;
      }
      const result = await tryProfile(parts, run, manifest);
      await finish(parts, run, manifest, result);
      return undefined;
    },
  };
}

type Result = Pick<DatasetProfileTable, 'state' | 'reason' | 'row_count' | 'profile'>;

async function tryProfile(parts: Parts, run: JobRun, id: string): Promise<Result> {
  try {
    return await computeProfile(parts, run, await loadManifest(parts, id));
  } catch (error) {
    // What would fail again is the answer; anything else is tried again.
    if (error instanceof BucleError && !error.retryable) return failed(error.message);
    throw error;
  }
}

async function computeProfile(parts: Parts, { job, signal }: JobRun, manifest: Manifest): Promise<Result> {
  const scratch = join(parts.config.dataDir, 'scratch', `profile-${job.id}`);
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  try {
    const tables = manifest.files.filter(({ path }) => tableFormat(path) !== null);
    if (tables.length > MAX_TABLE_FILES)
      return failed(`It has ${tables.length} tables; up to ${MAX_TABLE_FILES} are profiled.`);
    for (const file of manifest.files) {
      if (!tables.includes(file) && file.chunks.length > 1) await verifyFile(parts, file, signal);
    }
    const files: TableFile[] = [];
    for (const [i, file] of tables.entries())
      files.push(await placeTable(parts, file, join(scratch, 'in', String(i)), signal));
    const profiles =
      files.length === 0
        ? { tables: [], unreadable: [] }
        : await profileTables(files, { scratch: join(scratch, 'work'), signal });
    return toResult(profiles);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function verifyFile(parts: Parts, file: ManifestFile, signal: AbortSignal): Promise<void> {
  for await (const _ of readFileChunks(parts, file)) signal.throwIfAborted();
}

function toResult(profiles: TableProfiles): Result {
  const [problem] = profiles.unreadable;
  if (profiles.tables.length === 0 && problem) return failed(`${problem.file}: ${problem.reason}`);
  return { state: 'ready', reason: null, row_count: countRows(profiles.tables), profile: JSON.stringify(profiles) };
}

function failed(reason: string): Result {
  return { state: 'failed', reason, row_count: null, profile: null };
}

async function finish({ db, clock }: Parts, run: JobRun, manifest: string, result: Result): Promise<void> {
  await db.transaction(async (trx) => {
    await run.fence(trx);
    await updateProfile(trx, manifest, result);
    for (const version of await listVersionsOfManifest(trx, manifest)) {
      const { state, reason, row_count } = result;
      await appendEvent(
        trx,
        { clock },
        {
          type: `dataset.profile.${state}`,
          subject: formatDatasetRef(version),
          actor: PROFILE_JOB,
          data: { reason, rows: row_count },
        },
      );
    }
  });
}
