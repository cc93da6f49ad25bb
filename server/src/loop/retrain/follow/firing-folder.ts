import { join } from 'node:path';
import type { Context } from '../../../context.ts';

/** Where a firing keeps tables while it freezes them; nothing in it must survive. */
export function firingFolder({ config }: Pick<Context, 'config'>, id: string): string {
  return join(config.dataDir, 'firings', id);
}
