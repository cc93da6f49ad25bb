import { rolloutAct } from './act.ts';

export const command = rolloutAct('abort', 'Take all requests from the candidate at once.');
