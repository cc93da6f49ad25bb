import type { LoggedModelRecord, RegisteredModelRecord, RunRecord, VersionRecord } from '../record.ts';
import type { OnLeftOut } from './source.ts';

/** The largest double stands for infinity, as MLflow's databases keep it. */
export function clampValue(value: number): number {
  if (Number.isNaN(value)) return value;
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

export function asText(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}

export function asTextOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** A time or count; null when there is none. */
export function asNumber(value: unknown): number | null {
  return value === null || value === undefined || value === '' ? null : Number(value);
}

const runStatuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;

/** By name, or by the number that MLflow's folders hold. */
export function toRunStatus(value: unknown): RunRecord['status'] {
  const byNumber = runStatuses[Number(value) - 1];
  return runStatuses.find((status) => status === value) ?? byNumber ?? 'FINISHED';
}

const modelStatuses = ['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'] as const;

export function toModelStatus(value: unknown): LoggedModelRecord['status'] {
  return modelStatuses.find((status) => status === value) ?? modelStatuses[Number(value) - 1] ?? 'LOGGED_MODEL_READY';
}

export function toLifecycle(value: unknown): 'active' | 'deleted' {
  return value === 'deleted' ? 'deleted' : 'active';
}

const stages = ['None', 'Staging', 'Production', 'Archived'] as const;

/** Null: the version is deleted. */
export function toStage(value: unknown): VersionRecord['stage'] | null {
  return stages.find((stage) => stage === value) ?? (value === 'Deleted_Internal' ? null : 'None');
}

/** The id of the logged model that a source names: `models:/m-…`. */
export function modelIdIn(source: string): string | null {
  return /^models:\/(m-[0-9a-f]{32})\/?$/i.exec(source)?.[1]?.toLowerCase() ?? null;
}

type Aliases = RegisteredModelRecord['aliases'];

/** MLflow leaves the aliases of a deleted version behind: they lead nowhere. */
export function takeAliases(
  model: string,
  aliases: Aliases,
  { versions, onLeftOut }: { readonly versions: readonly { readonly number: number }[]; readonly onLeftOut: OnLeftOut },
): Aliases {
  const there = new Set(versions.map(({ number }) => number));
  for (const { alias, number } of aliases) {
    if (!there.has(number)) onLeftOut(`alias of a version that is not there: ${model}@${alias} (${number})`);
  }
  return aliases.filter(({ number }) => there.has(number));
}

type Metric = LoggedModelRecord['metrics'][number];

/** The latest of each key, run and dataset: by step, then time, then value. */
export function latestMetrics(metrics: readonly Metric[]): Metric[] {
  const latest = new Map<string, Metric>();
  for (const metric of metrics) {
    const id = JSON.stringify([metric.key, metric.run, metric.dataset_name, metric.dataset_digest]);
    const known = latest.get(id);
    if (!known || isLater(metric, known)) latest.set(id, metric);
  }
  return [...latest.values()];
}

function isLater(a: Metric, b: Metric): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  return (a.value === 'NaN' ? 0 : a.value) > (b.value === 'NaN' ? 0 : b.value);
}
