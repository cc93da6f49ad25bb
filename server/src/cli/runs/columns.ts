import { UsageError } from '../command.ts';
import { formatTime } from '../data/format.ts';
import { shortValue } from './format.ts';
import type { Run, RunInfo } from './mlflow-client.ts';

/** A column that somebody asked for: `metrics.auc`, `params.depth`, `tags.team`, `attributes.user_id` or `user_id`. */
export interface Column {
  readonly title: string;
  read(run: Run): string | number | null;
}

const time = (value: number | undefined) => (value ? formatTime(value) : null);

const attributes: Readonly<Record<string, (info: RunInfo) => string | null>> = {
  run_id: ({ run_id }) => run_id,
  run_name: ({ run_name = null }) => run_name,
  experiment_id: ({ experiment_id }) => experiment_id,
  user_id: ({ user_id = null }) => user_id,
  status: ({ status }) => status,
  start_time: ({ start_time }) => time(start_time),
  end_time: ({ end_time }) => time(end_time),
  artifact_uri: ({ artifact_uri = null }) => artifact_uri,
  lifecycle_stage: ({ lifecycle_stage }) => lifecycle_stage,
};

/** Comma-separated, repeated, or both: no key has a comma. @throws UsageError */
export function parseColumns(given: readonly string[]): Column[] {
  return given.flatMap((text) => text.split(',')).map((word) => parseColumn(word.trim()));
}

function parseColumn(word: string): Column {
  const [, kind = '', quoted = ''] = /^(?:(metrics?|params?|tags?|attributes?)\.)?(.+)$/s.exec(word) ?? [];
  const key = /^(?:`.*`|".*")$/s.test(quoted) ? quoted.slice(1, -1) : quoted;
  if (kind.startsWith('metric')) {
    return { title: key, read: ({ data }) => shownMetric(data.metrics?.find((metric) => metric.key === key)) };
  }
  if (kind.startsWith('param')) {
    return { title: key, read: ({ data }) => shownPair(data.params?.find((param) => param.key === key)) };
  }
  if (kind.startsWith('tag')) {
    return { title: key, read: ({ data }) => shownPair(data.tags?.find((tag) => tag.key === key)) };
  }
  const read = attributes[key];
  if (read !== undefined) return { title: key, read: ({ info }) => read(info) };
  throw new UsageError(
    `--columns names ${JSON.stringify(word)}: write metrics.KEY, params.KEY, tags.KEY, or one of ${Object.keys(attributes).join(', ')}.`,
  );
}

function shownMetric(metric: { readonly value: number | string } | undefined): string | number | null {
  return metric === undefined ? null : shortValue(metric.value);
}

function shownPair(pair: { readonly value?: string } | undefined): string | null {
  return pair === undefined ? null : (pair.value ?? '');
}
