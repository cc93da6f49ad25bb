import { resolve } from 'node:path';
import { defineCommand, exitCodes, UsageError } from './command.ts';
import { startCounting } from './import/progress.ts';
import { showCopy } from './show-copy.ts';
import { storeOptions } from './up/mlflow-options.ts';

export const command = defineCommand({
  summary: 'Put a backup where nothing is yet; it is verified first, and is there whole or not at all.',
  usage: 'FOLDER [--data DIR] [--backend-store-uri URI] [--artifacts-destination URI] [--verify-only]',
  options: {
    'backend-store-uri': storeOptions['backend-store-uri'],
    'artifacts-destination': storeOptions['artifacts-destination'],
    'verify-only': { type: 'boolean', meaning: 'Compare the backup with its own counts and hashes; restore nothing.' },
  },
  async run({ args, values }, io) {
    const [folder, more] = args;
    if (folder === undefined || more !== undefined) {
      throw new UsageError('restore takes the folder of one backup.\nUsage: bucle restore FOLDER');
    }
    const path = resolve(io.cwd, folder);
    const { restoreServer, verifyFolder } = await import('../keep-data.ts');
    const progress = startCounting(io, 'restoring');
    if (values['verify-only'] === true) {
      const manifest = await verifyFolder(path, progress.add).finally(progress.end);
      if (io.json) io.printJson({ folder: path, ...manifest });
      else
        io.note(`The backup of ${new Date(manifest.takenAt).toISOString()} is whole: all counts and hashes are right.`);
      return exitCodes.ok;
    }
    const onWait = (data: string) => io.note(`A server of another machine or container held ${data}: waiting.`);
    const report = await restoreServer(io.config, path, { progress: progress.add, onWait }).finally(progress.end);
    return showCopy(io, report, 'The records and files are restored. Start the server as before.');
  },
});
