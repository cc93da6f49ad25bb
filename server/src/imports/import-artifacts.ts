import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { addDigests } from './report.ts';
import { digestRows, type SetDigest } from './set-hash.ts';
import type { ArtifactFile, ArtifactOwner } from './sources/source.ts';
import type { Work } from './work.ts';

interface Kept {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly stamp: string;
}

/** Copies the files of a run or logged model that are not there yet, and compares what was read with what was kept. */
export async function importArtifacts(work: Work, owner: ArtifactOwner): Promise<void> {
  const { client, source, report, signal } = work;
  const folder = await source.artifacts(owner);
  if (typeof folder === 'string') return;
  const address = `/api/v1/imports/${work.id}/artifacts/${owner.kind}/${encodeURIComponent(owner.id)}`;
  const answer = await client.request<{ artifacts: Kept[] }>('GET', address, { signal }).catch((error: Error) => {
    report.problems.push({ what: `artifacts of ${owner.kind} ${owner.id}`, reason: error.message });
    return null;
  });
  if (!answer) return;
  const kept = new Map(answer.artifacts.map((one) => [one.path, one]));
  for await (const file of folder.files()) {
    signal.throwIfAborted();
    const before = kept.get(file.path);
    const both = before?.stamp === file.stamp ? { read: before, stored: before } : await copy(work, address, file);
    if (!both) continue;
    const side = (one: { size: number; sha256: string }) => digestFile(owner, file.path, one);
    addDigests(report, 'source', { artifacts: side(both.read) });
    addDigests(report, 'bucle', { artifacts: side(both.stored) });
    if (both.read.sha256 !== both.stored.sha256)
      report.differences.push(`artifact ${owner.id}/${file.path}: hashes differ`);
    work.onProgress('artifacts', 1);
  }
}

function digestFile(owner: ArtifactOwner, path: string, { size, sha256 }: { size: number; sha256: string }): SetDigest {
  return digestRows([[owner.id, path, size, sha256]]);
}

/** What was read on this side, and what the server says it stored; null when it can't be kept. */
async function copy(work: Work, address: string, file: ArtifactFile) {
  const hash = createHash('sha256');
  let size = 0;
  try {
    const measured = async function* (body: Readable) {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    };
    const body = Readable.toWeb(Readable.from(measured(await file.open()), { objectMode: false }));
    const stored = await work.client.request<{ size: number; sha256: string }>('PUT', address, {
      query: { path: file.path, stamp: file.stamp },
      body: body as ReadableStream<Uint8Array>,
      headers: { 'content-type': 'application/octet-stream' },
      signal: work.signal,
    });
    work.report.written += 1;
    return { read: { size, sha256: hash.digest('hex') }, stored };
  } catch (error) {
    const { status = 400 } = error as { status?: number };
    // A server that is gone ends the import; a file that can't be kept does not.
    if (work.signal.aborted || status === 0 || status >= 500) throw error;
    work.report.problems.push({
      what: `artifact ${file.path} of ${address.split('/').at(-1)}`,
      reason: (error as Error).message,
    });
    return null;
  }
}
