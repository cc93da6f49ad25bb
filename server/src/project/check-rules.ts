import { metricsOf } from '../loop/evaluate/index.ts';
import { cronProblem } from '../loop/retrain/index.ts';
import { parseDuration } from '../platform/duration.ts';
import { orList, type Problem } from './problem.ts';
import type { ProjectFile } from './project-file.schema.ts';
import { type Place, pointerTo, type ReadYaml } from './read-yaml.ts';
import { suggestWord } from './suggest.ts';

type Policy = NonNullable<ProjectFile['policies']>[string];
type Words = Omit<Problem, keyof Place>;

/** Collects what is wrong at a pointer. */
type Refuse = (pointer: string, words: Words) => void;

/** What each part allows and the parts together do not. */
export function checkRules(file: ProjectFile, { valueAt }: ReadYaml): Problem[] {
  const problems: Problem[] = [];
  const refuse: Refuse = (pointer, words) => problems.push({ ...valueAt(pointer), ...words });
  for (const [name, { quality, window, labels }] of Object.entries(file.monitors ?? {})) {
    const pointer = pointerTo('/monitors', name);
    if (quality)
      checkMetric(file, { endpoint: name, metric: quality.metric, pointer: `${pointer}/quality/metric` }, refuse);
    checkLonger(`${pointer}/window`, window, refuse);
    checkLonger(`${pointer}/labels/mature_after`, labels?.mature_after, refuse);
  }
  for (const [name, policy] of Object.entries(file.policies ?? {})) {
    const pointer = pointerTo('/policies', name);
    checkInput(file, policy, pointer, refuse);
    checkTriggers(file, policy, pointer, refuse);
    checkData(file, policy, pointer, refuse);
    checkSteps(policy, pointer, refuse);
    const metric = policy.gate === undefined ? undefined : file.gates?.[policy.gate]?.metric;
    if (metric !== undefined)
      checkMetric(file, { endpoint: policy.endpoint, metric, pointer: `${pointer}/gate` }, refuse);
  }
  return problems;
}

function checkMetric(
  file: ProjectFile,
  { endpoint, metric, pointer }: { readonly endpoint: string; readonly metric: string; readonly pointer: string },
  refuse: Refuse,
): void {
  const kind = file.endpoints?.[endpoint]?.prediction?.kind;
  if (kind === undefined) return;
  const fitting: readonly string[] = metricsOf(kind);
  if (fitting.includes(metric)) return;
  refuse(pointer, {
    what: `${metric} can't be measured of ${endpoint}, which predicts a ${kind}`,
    expected: `one of ${orList(fitting)}`,
    suggestion: `take ${fitting[0]}, or correct \`prediction\` of the endpoint`,
  });
}

function checkInput(file: ProjectFile, { job, input }: Policy, pointer: string, refuse: Refuse): void {
  const declared = file.jobs?.[job];
  if (!declared) return;
  const inputs = Object.keys(declared.inputs ?? {});
  if (inputs.includes(input)) return;
  refuse(`${pointer}/input`, {
    what: `the job ${job} has no input ${JSON.stringify(input)}`,
    expected: inputs.length > 0 ? orList(inputs) : 'an input that the job declares',
    suggestion: suggestWord(input, inputs, `add \`inputs: { ${input}: DATASET }\` to the job`),
  });
}

function checkTriggers(file: ProjectFile, { endpoint, triggers, data }: Policy, pointer: string, refuse: Refuse): void {
  for (const [index, trigger] of triggers.entries()) {
    const [[kind = '', value] = []] = Object.entries(trigger);
    const words =
      (kind === 'schedule' && wrongSchedule(String(value))) ||
      (['drift', 'quality', 'labels'].includes(kind) && unwatched(file, endpoint, kind)) ||
      (kind === 'dataset' && data.from === 'captures' && SELF_STARTING);
    if (words) refuse(pointerTo(`${pointer}/triggers`, index, kind), words);
  }
}

const SELF_STARTING: Words = {
  what: 'a policy on captures would start itself with each version that it makes',
  expected: 'this trigger with `from: dataset` only',
  suggestion: 'use `labels: N`, or take the data `from: dataset`',
};

function wrongSchedule(cron: string): Words | null {
  const problem = cronProblem(cron);
  if (problem === null) return null;
  return {
    what: `the schedule ${JSON.stringify(cron)} ${problem.split(/[:;]/)[0]}`,
    expected: 'minute, hour, day of the month, month and day of the week, at most once an hour',
    suggestion: 'write "0 3 * * 1" for each Monday at 03:00 UTC',
  };
}

/** A trigger whose alarm nothing raises. */
function unwatched(file: ProjectFile, endpoint: string, kind: string): Words | null {
  const monitor = file.monitors?.[endpoint];
  // A monitor of a name that does not exist is most likely meant for this endpoint.
  const strays = Object.keys(file.monitors ?? {}).some((name) => file.endpoints?.[name] === undefined);
  if (!monitor && !strays && file.endpoints?.[endpoint] !== undefined) {
    return {
      what: `nothing watches the endpoint ${endpoint}, so this never fires`,
      expected: `a monitor of ${endpoint}`,
      suggestion: `add \`${endpoint}: {}\` to \`monitors\``,
    };
  }
  if (kind !== 'quality' || !monitor || monitor.quality !== undefined) return null;
  return {
    what: `the monitor of ${endpoint} has no \`quality\`, so this never fires`,
    expected: 'a metric and its tolerance there',
    suggestion: 'add `quality: { metric: …, tolerance: … }` to the monitor',
  };
}

function checkData(file: ProjectFile, { data }: Policy, pointer: string, refuse: Refuse): void {
  if (data.from === 'dataset') {
    for (const key of ['window', 'holdout', 'minimum_rows'] as const) {
      if (data[key] !== undefined) refuse(`${pointer}/data/${key}`, onlyFor('captures', key));
    }
    return;
  }
  if (data.holdout_dataset !== undefined)
    refuse(`${pointer}/data/holdout_dataset`, onlyFor('dataset', 'holdout_dataset'));
  if (data.holdout === undefined) {
    refuse(`${pointer}/data/from`, {
      what: 'data from captures has no `holdout`',
      expected: '`holdout`: a duration, the newest block that the gate judges on',
      suggestion: 'add `holdout: 28d`',
    });
  }
  checkLonger(`${pointer}/data/holdout`, data.holdout, refuse);
  checkWindow(data, pointer, refuse);
  checkColumns(file, data.dataset, pointer, refuse);
}

function checkWindow({ window = 'expanding', holdout = '0s' }: Policy['data'], pointer: string, refuse: Refuse): void {
  const [windowMs, holdoutMs] = [parseDuration(window), parseDuration(holdout)];
  if (windowMs === null || holdoutMs === null || windowMs > holdoutMs) return;
  refuse(`${pointer}/data/window`, {
    what: `the window ${window} is not longer than the holdout ${holdout}`,
    expected: `more than ${holdout}`,
    suggestion: 'write a longer window, a shorter holdout, or `expanding`',
  });
}

/** Captured rows become rows of the dataset: it must be said where their label and time go. */
function checkColumns(file: ProjectFile, dataset: string, pointer: string, refuse: Refuse): void {
  const declared = file.datasets?.[dataset];
  if (!declared) return;
  const missing = (['label', 'event_time'] as const).filter((column) => declared[column] === undefined);
  const [first] = missing;
  if (first === undefined) return;
  refuse(`${pointer}/data/dataset`, {
    what: `the dataset ${dataset} does not say which column is its ${missing.join(' and ')}`,
    expected: `\`${first}: COLUMN\` there, so that captured rows can be added to it`,
    suggestion: `add it under \`datasets\``,
  });
}

function checkSteps({ rollout }: Policy, pointer: string, refuse: Refuse): void {
  const { steps = [] } = rollout ?? {};
  const falling = steps.findIndex((step, index) => step <= (steps[index - 1] ?? 0));
  const sorted = [...new Set([...steps, 100])].sort((a, b) => a - b);
  const suggestion = `write [${sorted.join(', ')}]`;
  const expected = 'rising percentages that end in 100';
  if (falling > 0) {
    const what = `step ${falling + 1} (${steps[falling]} %) is not above the one before (${steps[falling - 1]} %)`;
    refuse(pointerTo(`${pointer}/rollout/steps`, falling), { what, expected, suggestion });
  } else if (steps.length > 0 && steps.at(-1) !== 100) {
    const what = `the last step is ${steps.at(-1)} %, so the new version never gets all`;
    refuse(pointerTo(`${pointer}/rollout/steps`, steps.length - 1), { what, expected, suggestion });
  }
}

function checkLonger(pointer: string, text: string | undefined, refuse: Refuse): void {
  if (text === undefined || parseDuration(text) !== 0) return;
  refuse(pointer, {
    what: `${text} is no time at all`,
    expected: 'a duration above 0',
    suggestion: 'write 7d or the like',
  });
}

function onlyFor(from: string, key: string): Words {
  return {
    what: `\`${key}\` means nothing here`,
    expected: `it with \`from: ${from}\` only`,
    suggestion: `remove it, or write \`from: ${from}\``,
  };
}
