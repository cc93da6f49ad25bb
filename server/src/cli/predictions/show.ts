import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
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
    io.printTable(
      ['row', 'output', 'features'],
      rows.map(({ row, output, features }) => [row, formatValue(output), formatFeatures(features)]),
    );
    const [first] = rows;
    if (first) io.note(`Where it came from: bucle lineage ${first.ref}`);
    return 0;
  },
});
