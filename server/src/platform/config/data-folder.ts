import { mkdir } from 'node:fs/promises';
import type { Config } from './config.ts';

/** Makes the data folder when there is none, for its owner only: it holds what others must not read. */
export async function makeDataFolder({ dataDir }: Pick<Config, 'dataDir'>): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
}
