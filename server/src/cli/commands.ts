import type { Command } from './command.ts';

/** Every command by its words; each module is loaded only when it is called. */
export const commands: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  up: () => import('./up.ts'),
  status: () => import('./status.ts'),
  doctor: () => import('./doctor.ts'),
  completion: () => import('./completion.ts'),
  'tokens create': () => import('./tokens/create.ts'),
  'tokens ls': () => import('./tokens/ls.ts'),
  'tokens revoke': () => import('./tokens/revoke.ts'),
};

/** Spellings that people try. */
export const aliases: Readonly<Record<string, string>> = { list: 'ls', get: 'show', remove: 'rm', delete: 'rm' };
