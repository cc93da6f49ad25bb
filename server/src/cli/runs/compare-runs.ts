import type { Metric, Pair, Run } from './mlflow-client.ts';

/** One key over several runs, their values in the order of the runs; null where a run has none. */
export interface ComparedRow<T> {
  readonly key: string;
  readonly values: readonly (T | null)[];
  readonly differs: boolean;
}

export interface Comparison {
  readonly attributes: readonly ComparedRow<string>[];
  readonly inputs: readonly ComparedRow<string>[];
  readonly params: readonly ComparedRow<string>[];
  readonly metrics: readonly ComparedRow<Metric['value']>[];
  readonly tags: readonly ComparedRow<string>[];
}

/** Tags that are about one run only and differ between any two. */
const OWN_TAGS: readonly string[] = ['mlflow.runName', 'mlflow.log-model.history', 'mlflow.rootRunId'];

/** What several runs have in common and what not; with `all` also what is equal, and each run's own tags. */
export function compareRuns(runs: readonly Run[], all: boolean): Comparison {
  const shown = <T>(rows: readonly ComparedRow<T>[]) => (all ? rows : rows.filter(({ differs }) => differs));
  const tags = runs.map(({ data }) => textsOf(data.tags).filter(([key]) => all || !OWN_TAGS.includes(key)));
  return {
    attributes: shown(compare(runs.map(attributesOf))),
    inputs: shown(compare(runs.map(inputsOf))),
    params: shown(compare(runs.map(({ data }) => textsOf(data.params)))),
    metrics: shown(
      compare(runs.map(({ data }) => (data.metrics ?? []).map(({ key, value }) => [key, value] as const))),
    ),
    tags: shown(compare(tags)),
  };
}

function compare<T extends string | number>(columns: readonly (readonly (readonly [string, T])[])[]): ComparedRow<T>[] {
  const maps = columns.map((pairs) => new Map(pairs));
  const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))].sort();
  return keys.map((key) => {
    const values = maps.map((map) => map.get(key) ?? null);
    return { key, values, differs: values.some((value) => value !== values[0]) };
  });
}

function textsOf(pairs: readonly Pair[] = []): [string, string][] {
  return pairs.map(({ key, value = '' }) => [key, value]);
}

function attributesOf({ info }: Run): [string, string][] {
  const { experiment_id, status, user_id, lifecycle_stage } = info;
  return Object.entries({ experiment_id, status, user_id, lifecycle_stage }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
}

/** `flights (train)` → digest; several of one name are one row. */
function inputsOf({ inputs }: Run): [string, string][] {
  const found = new Map<string, string[]>();
  for (const { dataset, tags } of inputs?.dataset_inputs ?? []) {
    const context = tags?.find(({ key }) => key === 'mlflow.data.context')?.value;
    const key = context === undefined ? dataset.name : `${dataset.name} (${context})`;
    found.set(key, [...(found.get(key) ?? []), dataset.digest].sort());
  }
  return [...found].map(([key, digests]) => [key, digests.join(' ')]);
}

/** Last value less the first of two numbers; null unless both are. */
export function changeOf([from, to]: readonly (number | string | null)[]): number | null {
  return typeof from === 'number' && typeof to === 'number' ? to - from : null;
}
