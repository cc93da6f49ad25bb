import { rolloutAct } from './act.ts';

export const command = rolloutAct('resume', 'Let a held rollout go on; a guard that holds it is overruled.');
