import { defineCommand, UsageError } from '../command.ts';
import { formatTime } from '../data/format.ts';
import { getExperiment, listExperiments } from '../runs/mlflow-client.ts';
import { withNext } from '../with-next.ts';
import { durationOf, formatMilliseconds, nameOf, runOf, searchTraces, type TraceInfo } from './trace-client.ts';

const REQUEST_SHOWN = 60;

export const command = defineCommand({
  summary: 'List traces, the newest first.',
  usage:
    "[--experiment NAME] [--run RUN] [--limit N] [--filter \"status = 'ERROR'\"] [--order-by 'execution_time DESC']",
  options: {
    experiment: { type: 'string', value: 'NAME', multiple: true, meaning: 'Only of this experiment; may be repeated.' },
    run: { type: 'string', value: 'RUN', meaning: 'Only of this run (its whole id).' },
    limit: { type: 'string', value: 'N', meaning: 'How many at most (20).' },
    filter: {
      type: 'string',
      value: 'EXPR',
      meaning: 'Search expression of MLflow over status, name, tags, metadata, spans, feedback.',
    },
    'order-by': { type: 'string', value: 'KEY', multiple: true, meaning: "Key, and DESC or ASC: 'timestamp ASC'." },
  },
  async run({ values, args }, io) {
    if (args.length > 0) throw new UsageError('traces ls takes flags only; one trace: bucle traces show TRACE.');
    const limit = Number(values.limit ?? 20);
    if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit must be a whole number from 1 up.');
    const experiments =
      values.experiment === undefined
        ? await listExperiments(io)
        : await withNext(
            'Without --experiment, `bucle traces ls` lists the traces of all.',
            Promise.all(values.experiment.map((name) => getExperiment(io, name))),
          );
    const { traces, more } = await withNext(
      "Write --filter as in \"status = 'ERROR' AND execution_time > 1000\", and --order-by as in 'timestamp ASC'.",
      searchTraces(io, {
        experiments: experiments.map(({ experiment_id }) => experiment_id),
        ...{ filter: toFilter(values.filter, values.run), orderBy: values['order-by'], limit },
      }),
    );
    if (io.json) io.printJson(traces);
    else if (traces.length === 0) {
      io.note('No traces. Python programs make them with @mlflow.trace, or MLflow’s autologging of language models.');
    } else {
      io.printTable(['trace', 'name', 'state', 'started', 'took', 'run', 'request'], traces.map(toRow), ['trace']);
      if (more) io.note(`The first ${traces.length}; more with --limit.`);
    }
    return 0;
  },
});

function toFilter(filter: string | undefined, run: string | undefined): string | undefined {
  if (run === undefined) return filter;
  const id = run.replace(/^run:/, '');
  if (!/^[0-9a-zA-Z_-]+$/.test(id)) throw new UsageError(`--run ${JSON.stringify(run)} is no id of a run.`);
  return `run_id = '${id}'${filter === undefined || filter.trim() === '' ? '' : ` AND ${filter}`}`;
}

function toRow(trace: TraceInfo) {
  const took = durationOf(trace);
  const started = Date.parse(trace.request_time ?? '');
  const request = (trace.request_preview ?? '').replace(/\s+/g, ' ');
  return [
    trace.trace_id,
    nameOf(trace),
    trace.state ?? null,
    Number.isNaN(started) ? null : formatTime(started),
    took === null ? null : formatMilliseconds(took),
    runOf(trace)?.slice(0, 8) ?? null,
    request.length > REQUEST_SHOWN ? `${request.slice(0, REQUEST_SHOWN)}…` : request || null,
  ];
}
