import { renameSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hexId } from '../../../platform/ids.ts';
import type { DesiredDeployment } from '../../deploy/index.ts';
import { contentDigest, type GatewayFolder } from './gateway-folder.ts';

const TRASH = 'trash-';

/** Removes models, verdicts and scratch folders that no deployment needs. `needed` is asked again for each. */
export async function sweepFolder(
  { models, verdicts, work }: Pick<GatewayFolder, 'models' | 'verdicts' | 'work'>,
  needed: () => readonly DesiredDeployment[],
): Promise<void> {
  await sweep(models, (name) => needed().some((one) => contentNames(one).includes(name.replace(/\.partial$/, ''))));
  const isKnown = (name: string) => needed().some(({ id }) => name === id || name.startsWith(`${id}.`));
  await sweep(verdicts, isKnown);
  await sweep(work, isKnown);
}

async function sweep(folder: string, isNeeded: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith(TRASH)) await rm(join(folder, name), { recursive: true, force: true });
    else if (!isNeeded(name)) {
      const trash = join(folder, `${TRASH}${hexId()}`);
      // Nothing may come to need it between the question and its end.
      renameSync(join(folder, name), trash);
      await rm(trash, { recursive: true, force: true });
    }
  }
}

/** Names of the folders and files below `models` that a deployment needs. */
function contentNames({ model, onnx, golden }: DesiredDeployment): string[] {
  return [
    contentDigest(model.files),
    ...(onnx ? [contentDigest(onnx.files)] : []),
    ...(golden ? [`${golden.sha256}.json`] : []),
  ];
}
