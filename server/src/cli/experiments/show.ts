import { defineCommand, UsageError } from '../command.ts';
import { formatTime } from '../data/format.ts';
import { searchRuns } from '../runs/mlflow-client.ts';
import { findExperiment } from './find-experiment.ts';

const NOTE_TAG = 'mlflow.note.content';

export const command = defineCommand({
  summary: 'Show an experiment: where its artifacts are, its tags, its latest run.',
  usage: 'NAME|ID',
  options: {},
  async run({ args }, io) {
    const [word] = args;
    if (word === undefined || args.length !== 1) throw new UsageError('experiments show needs one NAME or ID.');
    const experiment = await findExperiment(io, word);
    if (io.json) {
      io.printJson(experiment);
      return 0;
    }
    const { experiment_id: id, name, lifecycle_stage, artifact_location, creation_time, tags = [] } = experiment;
    const view = lifecycle_stage === 'deleted' ? 'DELETED_ONLY' : 'ACTIVE_ONLY';
    const { runs } = await searchRuns(io, { experiments: [id], view, limit: 1 });
    const note = tags.find(({ key }) => key === NOTE_TAG)?.value;
    io.print(`experiment:${id}  ${name}${note ? `: ${note}` : ''}`);
    io.print(`${lifecycle_stage ?? 'active'}${creation_time ? `, created ${formatTime(creation_time)}` : ''}`);
    io.print(`artifacts: ${artifact_location ?? ''}`);
    const [latest] = runs;
    if (latest) io.print(`latest run: run:${latest.info.run_id}  ${latest.info.run_name ?? ''}`.trimEnd());
    const others = tags.filter(({ key }) => key !== NOTE_TAG).toSorted((a, b) => (a.key < b.key ? -1 : 1));
    if (others.length > 0) {
      io.print('');
      io.printTable(
        ['tag', 'value'],
        others.map(({ key, value }) => [key, value ?? '']),
      );
    }
    if (lifecycle_stage === 'deleted') io.note(`Bring it back: bucle experiments restore ${id}`);
    else if (latest) io.note(`Its runs: bucle runs ls --experiment ${id}`);
    else
      io.note(
        `No runs yet. Log one: MLFLOW_TRACKING_URI=${io.client.baseUrl} MLFLOW_EXPERIMENT_ID=${id} python train.py`,
      );
    return 0;
  },
});
