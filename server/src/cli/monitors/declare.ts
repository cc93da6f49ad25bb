import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
import { parseDuration } from '../jobs/duration.ts';
import { type MonitorView, printMonitor } from './view.ts';

export const command = defineCommand({
  summary: 'Say how an endpoint is watched; what was captured before is counted too.',
  usage: 'ENDPOINT [--window 7d] [--reference DATASET] [--budget N] …',
  options: {
    window: { type: 'string', value: 'TIME', meaning: 'Length of a window of event time (default 7d).' },
    lateness: { type: 'string', value: 'TIME', meaning: 'So long after its end a window waits (default 1d; 0: not).' },
    reference: { type: 'string', value: 'DATASET', meaning: 'Dataset on which the stable version was trained.' },
    budget: { type: 'string', value: 'N', meaning: 'False alarms a year, over all signals (default 1).' },
    'minimum-rows': { type: 'string', value: 'N', meaning: 'A window with fewer is not judged (default 100).' },
    feature: { type: 'string', multiple: true, value: 'F', meaning: 'Watch this one; default: those of the model.' },
    'mature-after': { type: 'string', value: 'TIME', meaning: 'Age at which labels count as complete (default 7d).' },
    metric: { type: 'string', value: 'METRIC', meaning: 'Quality that raises an alarm, such as log_loss.' },
    tolerance: { type: 'string', value: 'X', meaning: 'How much worse it may be (default 0).' },
  },
  async run({ values, args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('monitors declare needs one ENDPOINT.');
    if (values.tolerance !== undefined && values.metric === undefined)
      throw new UsageError('--tolerance needs --metric.');
    const { window, lateness, reference, budget, feature, metric } = values;
    const json = {
      ...(window === undefined ? {} : { window_ms: milliseconds('--window', window) }),
      ...(lateness === undefined ? {} : { lateness_ms: milliseconds('--lateness', lateness) }),
      ...(reference === undefined ? {} : { reference: { dataset: reference } }),
      ...(budget === undefined ? {} : { budget: { false_alarms_per_year: number('--budget', budget) } }),
      ...(values['minimum-rows'] === undefined
        ? {}
        : { minimum_rows: number('--minimum-rows', values['minimum-rows']) }),
      ...(feature === undefined ? {} : { features: feature }),
      ...(values['mature-after'] === undefined
        ? {}
        : { labels: { maturity_ms: milliseconds('--mature-after', values['mature-after']) } }),
      ...(metric === undefined
        ? {}
        : { quality: { metric, tolerance: number('--tolerance', values.tolerance ?? '0') } }),
    };
    const path = fillPath('/api/v1/monitors/{name}', { name });
    const monitor = await io.client.request<MonitorView>('PUT', path, { json });
    if (io.json) io.printJson(monitor);
    else printMonitor(io, monitor);
    return 0;
  },
});

function milliseconds(flag: string, text: string): number {
  return text === '0' ? 0 : Math.round(parseDuration(flag, text) * 1_000);
}

function number(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new UsageError(`${flag} is ${text}, but it must be a number.`);
  return value;
}
