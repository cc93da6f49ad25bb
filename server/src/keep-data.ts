import { resolve, sep } from 'node:path';
import {
  backUp,
  backupErrors,
  type CopyReport,
  type Manifest,
  migrateData,
  type Progress,
  restoreBackup,
  verifyBackup,
} from './backup/index.ts';
import { holdFolder } from './hold-folder.ts';
import { loadStages } from './loop/index.ts';
import { allMigrations } from './open-context.ts';
import { openBlobs } from './platform/blobs/open-blobs.ts';
import { systemClock } from './platform/clock.ts';
import type { BlobConfig, Config, DatabaseConfig } from './platform/config/config.ts';
import { version } from './version.ts';

export type { CopyReport, Manifest };

/** What `bucle backup`, `restore` and `migrate` do: they work on the stores themselves, not through a server. */

export async function backUpServer(config: Config, folder: string, progress: Progress): Promise<Manifest> {
  refuseInside(config.blobs, folder);
  const blobs = await openBlobs(config.blobs, systemClock);
  const { database } = config;
  return backUp({ database, blobs, folder, now: systemClock.now(), version, progress });
}

export async function verifyFolder(folder: string, progress: Progress): Promise<Manifest> {
  return (await verifyBackup(folder, progress)).manifest;
}

/** @param onWait see holdFolder */
export async function restoreServer(
  config: Config,
  folder: string,
  { progress, onWait }: { readonly progress: Progress; readonly onWait: (data: string) => void },
): Promise<CopyReport> {
  await using _held = await holdFolder(config, onWait);
  const to = { database: config.database, blobs: await openBlobs(config.blobs, systemClock) };
  return await restoreBackup({ folder, to, migrations: await readSchema(), progress });
}

/** @param target null: that part stays where it is */
export async function migrateServer(
  config: Config,
  target: { readonly database: DatabaseConfig | null; readonly blobs: BlobConfig | null },
  { progress, onWait }: { readonly progress: Progress; readonly onWait: (data: string) => void },
): Promise<CopyReport> {
  refuseSame(config, target);
  await using _held = await holdFolder(config, onWait);
  const from = { database: config.database, blobs: await openBlobs(config.blobs, systemClock) };
  const to = {
    database: target.database,
    blobs: target.blobs === null ? null : await openBlobs(target.blobs, systemClock),
  };
  return await migrateData({ from, to, migrations: await readSchema(), progress });
}

async function readSchema() {
  return allMigrations(await loadStages());
}

function refuseInside(blobs: BlobConfig, folder: string): void {
  if (blobs.kind !== 'disk') return;
  for (const path of [blobs.path, blobs.artifacts]) {
    if (path !== undefined && `${resolve(folder)}${sep}`.startsWith(`${resolve(path)}${sep}`)) {
      throw backupErrors.SAME_PLACE({ place: path });
    }
  }
}

function refuseSame(config: Config, target: { database: DatabaseConfig | null; blobs: BlobConfig | null }): void {
  const { database, blobs } = config;
  if (target.database !== null && JSON.stringify(target.database) === JSON.stringify(database)) {
    throw backupErrors.SAME_PLACE({ place: 'the database' });
  }
  if (target.blobs?.kind !== 's3' || blobs.kind !== 's3') return;
  const [one, other] = [target.blobs, blobs].map(({ bucket, endpoint, prefix }) => `${endpoint} ${bucket}/${prefix}`);
  if (one === other) throw backupErrors.SAME_PLACE({ place: `the bucket ${target.blobs.bucket}` });
}
