import { resolve } from 'node:path';
import { defineCommand, UsageError } from './command.ts';
import { startCounting } from './import/progress.ts';
import { storeOptions } from './up/mlflow-options.ts';

export const command = defineCommand({
  summary: 'Copy everything that a server keeps to a folder, while it works: records as of one moment, and files.',
  usage: 'FOLDER [--data DIR] [--backend-store-uri URI] [--artifacts-destination URI]',
  options: {
    'backend-store-uri': storeOptions['backend-store-uri'],
    'artifacts-destination': storeOptions['artifacts-destination'],
  },
  async run({ args }, io) {
    const [folder, more] = args;
    if (folder === undefined || more !== undefined) {
      throw new UsageError('backup takes one folder, which it makes.\nUsage: bucle backup FOLDER');
    }
    const path = resolve(io.cwd, folder);
    const { backUpServer } = await import('../keep-data.ts');
    const progress = startCounting(io, 'backing up');
    const manifest = await backUpServer(io.config, path, progress.add).finally(progress.end);
    const { tables, blobs } = manifest;
    if (io.json) io.printJson({ folder: path, ...manifest });
    else {
      io.printTable(
        ['what', 'count', 'sha256'],
        [...tables.map(({ name, count, sha256 }) => [name, count, sha256]), ['files', blobs.count, blobs.sha256]],
        ['what'],
      );
      io.note(`The backup is in ${path}. Look it over at any time: bucle restore ${folder} --verify-only`);
    }
    return 0;
  },
});
