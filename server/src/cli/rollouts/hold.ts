import { rolloutAct } from './act.ts';

export const command = rolloutAct('hold', 'Stop a rollout where it is, until it is resumed.');
