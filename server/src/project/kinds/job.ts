import {
  declareJobTemplate,
  type JobRequest,
  listJobTemplates,
  listSnapshotFiles,
  removeJobTemplate,
} from '../../loop/train/index.ts';
import { formatDuration, parseDuration } from '../../platform/duration.ts';
import { projectErrors } from '../errors.ts';
import { type Code, type Effect, type Kind, type KindParts, type Spec, type Step, withoutDefaults } from '../kind.ts';
import type { ProjectFile } from '../project-file.schema.ts';

type JobSpec = NonNullable<ProjectFile['jobs']>[string];

const DEFAULTS: Spec = { inputs: {}, experiment: 'Default', retries: 0 };

export const jobKind: Kind = {
  section: 'jobs',
  noun: 'job',
  subject: (name) => `job_template:${name}`,
  events: ['job_template.declared', 'job_template.removed'],
  async list(db) {
    return (await listJobTemplates(db)).map(({ name, request }) => ({ name, spec: toSpec(request) }));
  },
  desired: ({ jobs = {} }, code) => Object.entries(jobs).map(([name, job]) => ({ name, spec: complete(job, code) })),
  async declare(parts, { name, spec, code, actor, cause }) {
    await declareJobTemplate(parts, { name, request: fromSpec(name, spec, code), actor, cause });
  },
  remove: removeJobTemplate,
  toYaml: ({ code: _code, ...spec }) => withoutDefaults(spec, DEFAULTS),
  effect,
};

function complete(job: JobSpec, code: Code | null): Spec {
  const inputs = Object.entries(job.inputs ?? {}).map(([input, dataset]) => [input, shortRef(dataset)] as const);
  return {
    command: job.command,
    inputs: Object.fromEntries(inputs.sort(([a], [b]) => (a < b ? -1 : 1))),
    experiment: job.experiment ?? 'Default',
    requirements: job.requirements ?? null,
    retries: job.retries ?? 0,
    time_limit: job.time_limit === undefined ? null : formatDuration(parseDuration(job.time_limit) ?? 0),
    code: code?.snapshot ?? null,
  };
}

function toSpec(request: JobRequest): Spec {
  const { command, snapshot, timeLimitMs, ...more } = request;
  const time = timeLimitMs === undefined ? {} : { time_limit: formatDuration(timeLimitMs) };
  const job = { ...optional('experiment', more.experiment), ...optional('requirements', more.requirements) };
  const rest = { ...optional('inputs', more.inputs), ...optional('retries', more.retries) };
  return complete({ command: [...command], ...job, ...rest, ...time } as JobSpec, { snapshot, git: null });
}

/** @throws PROJECT_NO_CODE */
function fromSpec(name: string, spec: Spec, code: Code | null): JobRequest {
  const job = spec as unknown as Required<JobSpec> & { readonly code: string | null };
  if (job.code === null) throw projectErrors.NO_CODE({ job: name });
  return {
    ...{ command: job.command, snapshot: job.code, inputs: job.inputs, experiment: job.experiment },
    ...(job.requirements === null ? {} : { requirements: job.requirements }),
    ...(code?.git && code.snapshot === job.code ? { git: code.git } : {}),
    retries: job.retries,
    ...(job.time_limit === null ? {} : { timeLimitMs: parseDuration(job.time_limit) ?? 0 }),
  };
}

async function effect(parts: KindParts, { from, to }: Step): Promise<Effect> {
  const [before, after] = [from?.['code'], to?.['code']];
  if (typeof before !== 'string' || typeof after !== 'string' || before === after) return { notes: [], refused: null };
  return { notes: [await describeCode(parts, before, after)], refused: null };
}

async function describeCode(parts: KindParts, before: string, after: string): Promise<string> {
  const [old, now] = await Promise.all([before, after].map((id) => listSnapshotFiles(parts, id)));
  if (!old || !now) return 'code changed';
  const changed = [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path)).sort();
  const shown = changed.slice(0, 3).join(', ');
  const more = changed.length > 3 ? ` and ${changed.length - 3} more` : '';
  return `code changed: ${changed.length} file${changed.length === 1 ? '' : 's'} (${shown}${more})`;
}

function shortRef(dataset: string): string {
  return dataset.replace(/^dataset:/, '').replace(/@latest$/, '');
}

function optional<Name extends string, T>(name: Name, value: T | undefined): { [key in Name]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { [key in Name]?: T };
}
