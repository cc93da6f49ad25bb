import { defineCommand, UsageError } from '../command.ts';
import { formatBytes } from '../data/format.ts';
import type { ArtifactFile } from '../runs/mlflow-client.ts';
import { type ArtifactRoot, filesBelow, openRoot, requireArtifact, tidyPath } from './artifact-root.ts';

export const command = defineCommand({
  summary: 'List the artifacts of a run or a logged model.',
  usage: 'run:RUN|model:m-…|mlflow-artifacts:/PATH [PATH] [--recursive]',
  options: { recursive: { type: 'boolean', short: 'r', meaning: 'All files below, not folders.' } },
  async run({ values, args }, io) {
    const [word, given] = args;
    if (args.length > 2) throw new UsageError('artifacts ls takes one place and perhaps a PATH in it.');
    const root = await openRoot(io, word, 'artifacts ls');
    const path = tidyPath(given);
    const files = await listed(root, path, values.recursive === true);
    if (io.json) {
      io.printJson(files.map(({ path, is_dir = false, file_size = 0 }) => ({ path, is_dir, file_size })));
    } else if (files.length === 0) {
      io.note(`${root.where} has no artifacts. Send some: bucle artifacts put FILE ${root.where}`);
    } else {
      io.printTable(
        ['file', 'size'],
        files.map((file) => (file.is_dir ? [`${file.path}/`, null] : [file.path, formatBytes(file.file_size ?? 0)])),
        ['size'],
      );
    }
    return 0;
  },
});

/** @throws CLI_NO_SUCH_ARTIFACT */
async function listed(root: ArtifactRoot, path: string, recursive: boolean): Promise<readonly ArtifactFile[]> {
  const found = await requireArtifact(root, path);
  if (found.is_dir !== true) return [found];
  if (!recursive) return root.list(path);
  const files: ArtifactFile[] = [];
  for await (const file of filesBelow(root, path)) files.push(file);
  return files;
}
