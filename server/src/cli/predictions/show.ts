import { ApiError, fillPath } from '@bucle/client';
import { defineCommand, type Io, UsageError } from '../command.ts';
import { formatFeatures, formatMoment, formatValue, type PredictedRow, type PredictionRequest } from './view.ts';

type Prediction = PredictionRequest & { readonly rows: readonly PredictedRow[] };

export const command = defineCommand({
  summary: 'Show a captured prediction: what went in, what came out, and who answered.',
  usage: 'ID   (ID.k: one row; the id is in the header Bucle-Prediction-Id of the answer)',
  options: {},
  async run({ args }, io) {
    const [id] = args;
    if (id === undefined || args.length !== 1) throw new UsageError('predictions show needs one ID.');
    const prediction = await io.client.request<Prediction>('GET', fillPath('/api/v1/predictions/{id}', { id }));
    if (io.json) {
      io.printJson(prediction);
      return 0;
    }
    const { endpoint, deployment, version, received_at, event_time, protocol, caller, rows } = prediction;
    const facts = [
      ['prediction', prediction.ref],
      ['endpoint', `endpoint:${endpoint}`],
      ['deployment', `deployment:${deployment}`],
      ['version', version],
      ['received', formatMoment(received_at)],
      ['event time', formatMoment(event_time)],
      ['asked by', `${caller ?? 'nobody in particular'}, protocol ${protocol}`],
      ['took', `${prediction.queue_us} µs in the queue, ${prediction.compute_us} µs in the model`],
    ];
    for (const [name = '', value = ''] of facts) io.print(`${name.padEnd(12)}${value}`);
    io.print('');
    const labels = await labelsOf(io, id);
    io.printTable(
      ['row', 'output', ...(labels.size === 0 ? [] : ['label']), 'features'],
      rows.map(({ ref, row, output, features }) => [
        row,
        formatValue(output),
        ...(labels.size === 0 ? [] : [labels.get(ref) ?? null]),
        formatFeatures(features),
      ]),
    );
    const [first] = rows;
    if (first) io.note(`Where it came from: bucle lineage ${first.ref}`);
    return 0;
  },
});

interface Labels {
  readonly rows: readonly {
    readonly ref: string;
    readonly label: { readonly value: unknown; readonly censored: string | null } | null;
  }[];
}

/** What was true, by row; empty when nothing is known yet. */
async function labelsOf({ client }: Pick<Io, 'client'>, id: string): Promise<Map<string, string>> {
  const none = (error: unknown): Labels => {
    if (error instanceof ApiError && error.status === 404) return { rows: [] };
    throw error;
  };
  const { rows } = await client.request<Labels>('GET', fillPath('/api/v1/predictions/{id}/labels', { id })).catch(none);
  return new Map(
    rows.flatMap(({ ref, label }) =>
      label === null ? [] : [[ref, label.censored === null ? formatValue(label.value) : `censored: ${label.censored}`]],
    ),
  );
}
