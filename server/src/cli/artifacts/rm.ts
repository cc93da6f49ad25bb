import { defineCommand, UsageError } from '../command.ts';
import { openRoot, requireArtifact, tidyPath } from './artifact-root.ts';

export const command = defineCommand({
  summary: 'Delete an artifact, or a folder with all below it, for good.',
  usage: 'run:RUN|model:m-…|mlflow-artifacts:/PATH PATH --yes',
  options: { yes: { type: 'boolean', meaning: 'Needed: nothing brings it back.' } },
  async run({ values, args }, io) {
    const [word, given] = args;
    const path = tidyPath(given);
    if (path === '' || args.length !== 2) throw new UsageError('artifacts rm needs one place and a PATH in it.');
    const root = await openRoot(io, word, 'artifacts rm');
    const { is_dir: isFolder = false } = await requireArtifact(root, path);
    const request = root.write(path);
    const what = `${path}${isFolder ? '/ with all below it' : ''}`;
    if (values.yes !== true) throw new UsageError(`${what} would be gone for good: say --yes if you mean it.`);
    await io.client.send('DELETE', request.path, { signal: io.signal });
    if (io.json) io.printJson({ where: root.where, path, state: 'removed' });
    else io.note(`Removed ${what} from ${root.where}.`);
    return 0;
  },
});
