import { createHash } from 'node:crypto';
import { version } from '../../version.ts';
import { type RawSettings, settings } from './settings.ts';

/** Says in one word what a process runs with, secrets not readable: two that differ are not the same start. */
export function settingsFingerprint(raw: RawSettings): string {
  const { restartDelay: _ours, ...names } = settings;
  const values = Object.keys(names).map((name) => raw[name as keyof typeof names]);
  return createHash('sha256')
    .update(JSON.stringify([version, values]))
    .digest('hex')
    .slice(0, 32);
}
