import { defineCommand, type Io, UsageError } from '../command.ts';
import { formatBytes, formatTime } from '../data/format.ts';
import { describeDuration, shortValue } from './format.ts';
import {
  type ArtifactFile,
  type LoggedModel,
  listArtifacts,
  listLoggedModels,
  type Pair,
  type Run,
} from './mlflow-client.ts';
import { resolveRun } from './resolve-run.ts';

const FILES_SHOWN = 100;

interface RunView {
  readonly run: Run;
  readonly models: readonly LoggedModel[];
  readonly files: readonly ArtifactFile[];
  readonly more: boolean;
}

export const command = defineCommand({
  summary: 'Show a run: params, metrics, tags, inputs, logged models, artifacts.',
  usage: 'RUN   (its id, or the beginning of it)',
  options: {},
  async run({ args }, io) {
    const [word] = args;
    if (word === undefined || args.length !== 1) throw new UsageError('runs show needs one RUN.');
    const run = await resolveRun(io, word);
    const [models, artifacts] = await Promise.all([
      listLoggedModels(io, run),
      listArtifacts(io, run.info.run_id, FILES_SHOWN),
    ]);
    if (io.json) io.printJson({ ...run, logged_models: models, artifacts: artifacts.files });
    else showRun(io, { run, models, ...artifacts });
    return 0;
  },
});

function showRun(io: Io, { run, models, files, more }: RunView): void {
  const { info, data } = run;
  io.print(`run:${info.run_id}  ${info.run_name ?? ''}`.trimEnd());
  const took = describeDuration(info);
  const started = info.start_time ? `, started ${formatTime(info.start_time)}` : '';
  const by = info.user_id ? ` by ${info.user_id}` : '';
  const deleted = info.lifecycle_stage === 'deleted' ? 'DELETED, ' : '';
  io.print(`${deleted}${info.status}${started}${by}${took === null ? '' : `, ${took}`}`);
  showPairs(io, 'params', data.params);
  section(io, 'metrics', data.metrics ?? [], ['metric', 'value', 'step'], ({ key, value, step }) => [
    key,
    shortValue(value),
    step ?? 0,
  ]);
  showPairs(io, 'tags', data.tags);
  section(io, 'inputs', run.inputs?.dataset_inputs ?? [], ['dataset', 'digest', 'context'], ({ dataset, tags }) => [
    dataset.name,
    dataset.digest,
    tags?.find(({ key }) => key === 'mlflow.data.context')?.value ?? null,
  ]);
  section(io, 'logged models', models, ['model', 'name', 'status'], (model) => [
    `model:${model.info.model_id}`,
    model.info.name,
    model.info.status.replace('LOGGED_MODEL_', ''),
  ]);
  section(io, 'artifacts', files, ['file', 'size'], ({ path, file_size: size }) => [
    path,
    size === undefined ? null : formatBytes(size),
  ]);
  if (more) io.note(`The first ${files.length} artifacts.`);
  const [model] = models;
  if (deleted !== '') io.note(`Bring it back: bucle runs restore ${info.run_id}`);
  else if (model) io.note(`Register it: bucle models register model:${model.info.model_id} --as NAME`);
}

function showPairs(io: Io, title: string, pairs: readonly Pair[] = []): void {
  const sorted = pairs.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  section(io, title, sorted, [title.replace(/s$/, ''), 'value'], ({ key, value }) => [key, value ?? null]);
}

function section<T>(
  io: Io,
  title: string,
  items: readonly T[],
  columns: readonly string[],
  row: (item: T) => (string | number | null)[],
): void {
  if (items.length === 0) return;
  io.print('');
  io.print(title);
  io.printTable(columns, items.map(row));
}
