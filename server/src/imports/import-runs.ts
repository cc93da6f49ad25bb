import { type Digests, digestRun, pointRow } from './digest-record.ts';
import { mapRun } from './map-source.ts';
import { type PointRecord, RunRecord } from './record.ts';
import { createSetHash, type SetDigest, sameDigest } from './set-hash.ts';
import type { SourceRun } from './sources/source.ts';
import { compare, digestsOf, isEqual, isValid, noteRefused, ownerOf, type Work } from './work.ts';

/** Points of one request, of however many runs. */
const POINTS_AT_ONCE = 5_000;

/** Runs with their points, a batch at a time. */
export async function importRuns(work: Work, experiment: string): Promise<void> {
  for await (const batch of work.source.runs(experiment)) {
    work.signal.throwIfAborted();
    await importBatch(work, batch);
    work.onProgress('runs', batch.length);
  }
}

interface Due {
  readonly run: SourceRun;
  readonly record: RunRecord;
}

async function importBatch(work: Work, batch: readonly SourceRun[]): Promise<void> {
  const { client, report, signal } = work;
  const due: Due[] = [];
  for (const run of batch) {
    const owner = await ownerOf(work, 'run', run);
    const record = mapRun(run, work.mapping, owner !== null);
    if (!isValid(work, RunRecord, record, `run ${run.id}`)) continue;
    due.push({ run, record });
    if (owner) work.owners.push(owner);
  }
  const ids = due.map(({ record }) => record.id);
  let found = await digestsOf(work, 'run', ids);
  const stale = due.filter(({ record }) => !isEqual(digestRun(record), found.get(record.id)));
  const refused = new Set<string>();
  if (stale.length > 0) {
    const answer = await client.request<{ refused: string[] }>('POST', `/api/v1/imports/${work.id}/runs`, {
      json: { runs: stale.map(({ record }) => record) },
      signal,
    });
    noteRefused(work, 'run', answer.refused);
    for (const id of answer.refused) refused.add(id);
    report.written += stale.length - answer.refused.length;
  }
  const parts = new Map<string, Digests>();
  const outbox = createOutbox(work);
  for (const { run, record } of due) {
    if (refused.has(run.id)) continue;
    const known = found.get(run.id)?.['metric points'];
    parts.set(run.id, { ...digestRun(record), 'metric points': await bringPoints(work, outbox, run, known) });
  }
  await outbox.flush();
  if (stale.length > 0 || outbox.sent() > 0) found = await digestsOf(work, 'run', ids);
  for (const [id, digests] of parts) compare(work, `run ${id}`, digests, found.get(id));
}

type Outbox = ReturnType<typeof createOutbox>;

/** Points that a server has none of are sent as they are read; else they are read first, and sent if they differ. */
async function bringPoints(work: Work, outbox: Outbox, run: SourceRun, known: SetDigest | undefined) {
  const isNew = known === undefined || known.count === 0;
  const digest = await readPoints(work, run, isNew ? outbox : null);
  if (isNew || sameDigest(digest, known)) return digest;
  await readPoints(work, run, outbox);
  // Those that were there already are sent again, and change nothing.
  work.report.written -= Math.min(known.count, digest.count);
  return digest;
}

async function readPoints(work: Work, run: SourceRun, outbox: Outbox | null): Promise<SetDigest> {
  const set = createSetHash();
  for await (const { key, points } of work.source.points(run)) {
    work.signal.throwIfAborted();
    for (const point of points) set.add(pointRow(run.id, key, point));
    if (outbox) {
      const rows = points.map(
        ({ timestamp, step, value }): PointRecord => [timestamp, step, Number.isNaN(value) ? 'NaN' : value],
      );
      await outbox.add({ run: run.id, key, points: rows });
    }
    if (outbox) work.onProgress('metric points', points.length);
  }
  return set.digest();
}

function createOutbox({ client, id, report, signal }: Work) {
  let series: { run: string; key: string; points: PointRecord[] }[] = [];
  let waiting = 0;
  let sent = 0;
  const flush = async () => {
    if (waiting === 0) return;
    await client.request('POST', `/api/v1/imports/${id}/points`, { json: { series }, signal });
    sent += waiting;
    report.written += waiting;
    series = [];
    waiting = 0;
  };
  return {
    flush,
    sent: () => sent,
    async add(one: (typeof series)[number]) {
      series.push(one);
      waiting += one.points.length;
      if (waiting >= POINTS_AT_ONCE) await flush();
    },
  };
}
