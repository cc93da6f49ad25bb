import { defineCommand, UsageError } from '../command.ts';
import { sendMlflow } from '../mlflow.ts';
import { withNext } from '../with-next.ts';
import { parseVersionRef, whereModels } from './version-ref.ts';

const STAGES: Readonly<Record<string, string>> = {
  none: 'None',
  staging: 'Staging',
  production: 'Production',
  archived: 'Archived',
};

export const command = defineCommand({
  summary: "Set the stage of a version, as MLflow's older clients have it; it moves no traffic.",
  usage: 'NAME/N none|staging|production|archived [--archive-existing]',
  options: {
    'archive-existing': { type: 'boolean', meaning: 'Archive the versions that are in this stage now.' },
  },
  async run({ values, args }, io) {
    const [ref, word = ''] = args;
    const { name, version } = parseVersionRef(ref, 'models stage');
    const stage = STAGES[word.toLowerCase()];
    if (stage === undefined || args.length !== 2) {
      throw new UsageError(`models stage needs NAME/N and one of ${Object.keys(STAGES).join(', ')}.`);
    }
    const archive = values['archive-existing'] === true;
    await withNext(
      whereModels(name),
      sendMlflow(io, 'model-versions/transition-stage', {
        ...{ name, version, stage, archive_existing_versions: archive },
      }),
    );
    if (io.json) io.printJson({ name, version: Number(version), stage });
    else io.note(`${name}/${version} is in ${stage} now.`);
    return 0;
  },
});
