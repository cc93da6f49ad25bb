import { Compile } from 'typebox/compile';
import { failpoint } from '../../../platform/config/failpoint.ts';
import { readJson, writeDurably } from '../../../platform/processes/durable-file.ts';
import { DesiredState } from '../../deploy/index.ts';
import { serveErrors } from '../errors.ts';
import type { GatewayFolder } from './gateway-folder.ts';

const validator = Compile(DesiredState);

/** @throws SERVE_STATE_INVALID */
export function checkState(given: unknown): DesiredState {
  if (validator.Check(given)) return given;
  const [first] = validator.Errors(given);
  throw serveErrors.STATE_INVALID({ problem: `${first?.instancePath || '/'} ${first?.message ?? 'is not valid'}` });
}

/** What this gateway was told last; null when it never was, or when that cannot be read. */
export async function readLastState({ state }: Pick<GatewayFolder, 'state'>): Promise<DesiredState | null> {
  const stored = await readJson<unknown>(state);
  return validator.Check(stored) ? stored : null;
}

export async function keepLastState({ state: path }: Pick<GatewayFolder, 'state'>, state: DesiredState): Promise<void> {
  failpoint('gateway:state');
  await writeDurably(path, JSON.stringify(state));
  failpoint('gateway:state-kept');
}
