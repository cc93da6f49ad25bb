import { rolloutAct } from './act.ts';

export const command = rolloutAct('promote', 'Go to 100 % past the steps and guards that are left: an override.');
