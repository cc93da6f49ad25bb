import { createHash } from 'node:crypto';
import type { Client } from '@bucle/client';
import type { RunTracking } from './run-tracking.ts';
import type { FileMode } from './snapshot.ts';

/** Stands in for `track`: remembers what it was told. */
export function recordingRuns(): RunTracking & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    start: async (_trx, run) => void told.push(`start ${run.name} in ${run.experiment}`),
    experimentOf: async () => '7',
    end: async (_trx, _run, status) => void told.push(`end ${status}`),
  };
}

export interface TestFile {
  readonly content: string;
  readonly mode?: FileMode;
}

/** Uploads a tree of small files over the API, as the CLI does; answers the id of the snapshot. */
export async function pushSnapshot(
  client: Client,
  files: Readonly<Record<string, string | TestFile>>,
): Promise<string> {
  const tree = [];
  for (const [path, file] of Object.entries(files)) {
    const { content, mode = 'file' } = typeof file === 'string' ? { content: file } : file;
    const sha256 = createHash('sha256').update(content).digest('hex');
    await client.send('PUT', `/api/v1/snapshots/files/${sha256}`, {
      body: content,
      headers: { 'content-type': 'application/octet-stream' },
    });
    tree.push({ path, mode, sha256, size: Buffer.byteLength(content) });
  }
  const { id } = await client.request<{ id: string }>('POST', '/api/v1/snapshots', { json: { files: tree } });
  return id;
}

export interface TestJob {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly run: string | null;
  readonly attempts: readonly {
    readonly number: number;
    readonly state: string;
    readonly run: string | null;
    readonly outcome: string | null;
    readonly exit_code: number | null;
    readonly signal: string | null;
    readonly reason: string | null;
    readonly environment: string | null;
  }[];
}

/** Waits until the job is over. */
export async function untilOver(client: Client, id: string, timeoutMs = 60_000): Promise<TestJob> {
  for (const until = performance.now() + timeoutMs; ; ) {
    const job = await client.request<TestJob>('GET', `/api/v1/jobs/${id}`);
    if (job.state !== 'queued' && job.state !== 'running') return job;
    if (performance.now() > until) throw new Error(`The job is not over: ${JSON.stringify(job)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
