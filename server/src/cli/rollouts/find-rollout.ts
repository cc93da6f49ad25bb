import type { Io } from '../command.ts';
import { getRollout, listRollouts, type Rollout } from './view.ts';

const UUID = /^(rollout:)?[0-9a-f]{8}-[0-9a-f]{4}-/i;

/** A rollout by its id, or the newest one of an endpoint by its name. @throws DEPLOY_ROLLOUT_NOT_FOUND, DEPLOY_ENDPOINT_NOT_FOUND */
export async function findRollout(io: Io, word: string): Promise<Rollout> {
  if (UUID.test(word)) return getRollout(io, word);
  const [newest] = await listRollouts(io, word, 1);
  return newest ?? getRollout(io, word);
}
