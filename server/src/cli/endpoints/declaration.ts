import { type Option, UsageError, type Values } from '../command.ts';

/** What an endpoint may declare of its predictions: evaluation, monitor and gate read it. */
export const declarationOptions = {
  prediction: {
    type: 'string',
    value: 'KIND',
    meaning: 'What a prediction means: probability, class or value; absent: it stays as it is.',
  },
  column: { type: 'string', value: 'C', meaning: 'Output column, or position in a list of probabilities.' },
  threshold: { type: 'string', value: 'T', meaning: 'A probability at or above it is the positive class.' },
  'event-time-header': { type: 'string', value: 'H', meaning: 'Header of a request that says when it happened.' },
  'event-time-feature': { type: 'string', value: 'F', meaning: 'Feature that says when it happened.' },
  key: { type: 'string', value: 'F', meaning: 'Feature that names the thing a prediction is about.' },
} as const satisfies Record<string, Option>;

const kinds = ['probability', 'class', 'value'];

/** The members of the request that these flags stand for. @throws UsageError */
export function declaration(values: Values<typeof declarationOptions>): Record<string, unknown> {
  const header = values['event-time-header'];
  const feature = values['event-time-feature'];
  const { key } = values;
  return {
    ...prediction(values),
    ...(header === undefined && feature === undefined
      ? {}
      : { event_time: { header: header ?? null, feature: feature ?? null } }),
    ...(key === undefined ? {} : { key }),
  };
}

function prediction({ prediction: kind, column, threshold }: Values<typeof declarationOptions>) {
  if (kind === undefined) {
    if (column === undefined && threshold === undefined) return {};
    throw new UsageError('--column and --threshold need --prediction probability, class or value.');
  }
  if (!kinds.includes(kind)) {
    throw new UsageError(`--prediction is ${kind}, but it must be one of ${kinds.join(', ')}.`);
  }
  if (threshold !== undefined && !Number.isFinite(Number(threshold))) {
    throw new UsageError(`--threshold is ${threshold}, but it must be a number.`);
  }
  return {
    prediction: { kind, column: column ?? null, threshold: threshold === undefined ? null : Number(threshold) },
  };
}
