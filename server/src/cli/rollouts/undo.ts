import { rolloutAct } from './act.ts';

export const command = rolloutAct(
  'undo',
  'Go back to the version before, which is still warm; an open rollout is aborted.',
);
