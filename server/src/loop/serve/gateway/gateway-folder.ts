import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uuidv7 } from '../../../platform/ids.ts';
import { createDurably } from '../../../platform/processes/durable-file.ts';
import type { RemoteFile } from '../../deploy/index.ts';

/** Where one gateway keeps what it needs to start alone: its id, the last good state, models, verdicts, captures. */
export interface GatewayFolder {
  readonly root: string;
  /** Lives as long as the folder. */
  readonly id: string;
  readonly state: string;
  /** Lock of the process that works here. */
  readonly lock: string;
  readonly captures: string;
  readonly models: string;
  readonly verdicts: string;
  readonly work: string;
  readonly requirements: string;
  /** Environments are shared with everything else on this machine. */
  readonly environments: string;
}

export async function openGatewayFolder(dataDir: string): Promise<GatewayFolder> {
  const root = join(dataDir, 'gateway');
  await mkdir(root, { recursive: true });
  const file = join(root, 'id');
  await createDurably(file, uuidv7());
  return {
    root,
    id: (await readFile(file, 'utf8')).trim(),
    state: join(root, 'desired-state.json'),
    lock: join(root, 'lock'),
    captures: join(root, 'captures'),
    models: join(root, 'models'),
    verdicts: join(root, 'verdicts'),
    work: join(root, 'work'),
    requirements: join(root, 'requirements'),
    environments: join(dataDir, 'environments'),
  };
}

/** Names a set of files by paths and contents: deployments of the same model share one folder. */
export function contentDigest(files: readonly Pick<RemoteFile, 'path' | 'sha256'>[]): string {
  const hash = createHash('sha256');
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, sha256 } of sorted) hash.update(`${Buffer.byteLength(path)}:${path}${sha256}\n`);
  return hash.digest('hex');
}
