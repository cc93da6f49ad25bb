import type { Command } from './command.ts';

/** Every command by its words; each module is loaded only when it is called. */
export const commands: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  up: () => import('./up.ts'),
  down: () => import('./down.ts'),
  server: () => import('./server.ts'),
  gateway: () => import('./gateway.ts'),
  status: () => import('./status.ts'),
  doctor: () => import('./doctor.ts'),
  completion: () => import('./completion.ts'),
  'data push': () => import('./data/push.ts'),
  'data ls': () => import('./data/ls.ts'),
  'data show': () => import('./data/show.ts'),
  'data pull': () => import('./data/pull.ts'),
  'runs ls': () => import('./runs/ls.ts'),
  'runs show': () => import('./runs/show.ts'),
  'models ls': () => import('./models/ls.ts'),
  'models show': () => import('./models/show.ts'),
  'models register': () => import('./models/register.ts'),
  'models alias': () => import('./models/alias.ts'),
  'endpoints ls': () => import('./endpoints/ls.ts'),
  'endpoints show': () => import('./endpoints/show.ts'),
  'endpoints deploy': () => import('./endpoints/deploy.ts'),
  'endpoints traffic': () => import('./endpoints/traffic.ts'),
  'endpoints retire': () => import('./endpoints/retire.ts'),
  'endpoints predict': () => import('./endpoints/predict.ts'),
  'predictions ls': () => import('./predictions/ls.ts'),
  'predictions show': () => import('./predictions/show.ts'),
  lineage: () => import('./lineage.ts'),
  'jobs run': () => import('./jobs/run.ts'),
  'jobs ls': () => import('./jobs/ls.ts'),
  'jobs show': () => import('./jobs/show.ts'),
  'jobs logs': () => import('./jobs/logs.ts'),
  'jobs cancel': () => import('./jobs/cancel.ts'),
  'tokens create': () => import('./tokens/create.ts'),
  'tokens ls': () => import('./tokens/ls.ts'),
  'tokens revoke': () => import('./tokens/revoke.ts'),
};

/** Spellings that people try. */
export const aliases: Readonly<Record<string, string>> = { list: 'ls', get: 'show', remove: 'rm', delete: 'rm' };
