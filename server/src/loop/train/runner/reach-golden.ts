import { existsSync } from 'node:fs';
import { killMarked, type Marker } from '../../../platform/processes/kill-tree.ts';
import type { AttemptFiles, AttemptSpec, ExitRecord, FinalRecord, GoldenRecord } from './attempt-folder.ts';
import { BoundedLog } from './bounded-log.ts';
import { recordGolden } from './record-golden.ts';

interface Parts {
  readonly files: AttemptFiles;
  readonly spec: AttemptSpec;
  readonly exit: ExitRecord;
  readonly marker: Marker;
  /** Aborted when this process is asked to stop. */
  readonly signal: AbortSignal;
}

const POLL_MS = 200;
/** The report has a place in the final record, whose space is reserved. */
const REPORT_BYTES = 32 * 1024;

/** After success: records the golden requests, unless the job is cancelled meanwhile; then the attempt is, too. */
export async function reachGolden({ files, spec, exit, marker, signal }: Parts): Promise<FinalRecord> {
  if (spec.golden === null || exit.ended !== 'exited' || exit.code !== 0) return { exit, golden: null };
  // The recorder of a runner that was killed may still be at it.
  await killMarked(marker);
  using log = new BoundedLog(files.log, { headBytes: Number.MAX_SAFE_INTEGER, tailBytes: 1 });
  const stopped = new AbortController();
  const look = setInterval(() => {
    if (existsSync(files.stop)) stopped.abort(new Error('the job was cancelled'));
  }, POLL_MS);
  try {
    const both = AbortSignal.any([signal, stopped.signal]);
    const record = await recordGolden({ golden: spec.golden, cwd: files.work, log, signal: both });
    if (record.reason !== null) log.note(record.reason);
    return { exit, golden: bounded(record) };
  } catch (error) {
    if (signal.aborted || !stopped.signal.aborted) throw error;
    log.note('cancelled while golden requests were recorded');
    await killMarked(marker);
    return { exit: { ...exit, ended: 'cancelled' }, golden: null };
  } finally {
    clearInterval(look);
  }
}

function bounded(record: GoldenRecord): GoldenRecord {
  const { length } = Buffer.from(JSON.stringify(record.report ?? null));
  return { ...record, report: length > REPORT_BYTES ? null : record.report };
}
