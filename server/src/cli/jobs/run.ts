import { randomUUID } from 'node:crypto';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fillPath } from '@bucle/client';
import { defineCommand, type Io, UsageError } from '../command.ts';
import { withRetries } from '../retry.ts';
import { makeSnapshot } from '../snapshot/make-snapshot.ts';
import { parseDuration } from './duration.ts';
import type { JobDetail } from './job.ts';
import { watchJob } from './watch-job.ts';

export const command = defineCommand({
  summary: 'Run a command as a job: in a copy of this folder, with its environment, data, log and run kept.',
  usage: '[--name N] [--experiment E] [--input NAME=DATASET@N]… [--detach] (--template NAME | -- COMMAND…)',
  options: {
    name: { type: 'string', value: 'NAME', meaning: 'How the job is called; absent: as its script.' },
    experiment: { type: 'string', value: 'NAME', meaning: 'MLflow experiment of its run; absent: Default.' },
    input: {
      type: 'string',
      multiple: true,
      value: 'NAME=DATASET@N',
      meaning: 'A dataset version that the code finds at $BUCLE_INPUT_NAME; may be said several times.',
    },
    template: {
      type: 'string',
      value: 'NAME',
      meaning: 'A job that bucle.yaml declares, with its code as it was applied; only --input may be said beside it.',
    },
    requirements: {
      type: 'string',
      value: 'FILE',
      meaning: 'Of the project; absent: its uv.lock or requirements.txt.',
    },
    retries: { type: 'string', value: 'N', meaning: 'How often a failure of the code is tried again (0).' },
    'time-limit': { type: 'string', value: 'DURATION', meaning: 'After it the command is ended: 45s, 20m, 1h30m, 2d.' },
    project: { type: 'string', value: 'DIR', meaning: 'Folder of the code; absent: this one.' },
    'allow-secret': {
      type: 'string',
      multiple: true,
      value: 'PATH',
      meaning: 'A file that looks like a secret and is none; may be said several times.',
    },
    detach: { type: 'boolean', meaning: 'Print the id and do not wait for the end.' },
  },
  async run({ values, args, rest }, io) {
    if (values.template !== undefined) {
      refuseBesideTemplate(values, [...args, ...rest]);
      const path = fillPath('/api/v1/job-templates/{name}/jobs', { name: values.template });
      return accept(io, await submit(io, path, { inputs: parseInputs(values.input ?? []) }), values.detach === true);
    }
    if (rest.length === 0 || args.length > 0) {
      const words = rest.length === 0 && args.length > 0 ? args.join(' ') : 'python train.py';
      throw new UsageError(`The command of the job comes behind "--": bucle jobs run -- ${words}`);
    }
    const root = resolve(io.cwd, values.project ?? '.');
    // Everything that the words may have wrong is said before anything is read or sent.
    const request = {
      ...optional('name', values.name),
      ...optional('experiment', values.experiment),
      command: [...rest],
      ...optional('requirements', values.requirements && insideOf(root, io.cwd, '--requirements', values.requirements)),
      inputs: parseInputs(values.input ?? []),
      ...optional('retries', parseRetries(values.retries)),
      ...optional(
        'time_limit_seconds',
        values['time-limit'] === undefined ? undefined : parseDuration('--time-limit', values['time-limit']),
      ),
    };
    const allowed = (values['allow-secret'] ?? []).map((path) => insideOf(root, io.cwd, '--allow-secret', path));
    await io.client.request('GET', '/api/v1/jobs', { query: { limit: 1 }, signal: io.signal });
    const { id, git } = await makeSnapshot(io, { root, allowed: new Set(allowed) });
    const job = await submit(io, '/api/v1/jobs', { ...request, snapshot: id, ...(git === null ? {} : { git }) });
    return accept(io, job, values.detach === true);
  },
});

function accept(io: Io, job: JobDetail, detach: boolean): Promise<number> | number {
  io.note(`job:${job.id} (${job.name}) was accepted: it runs to its end, also when you close this terminal.`);
  if (!detach) return watchJob(io, job.id);
  if (io.json) io.printJson(job);
  else io.print(job.id);
  io.note(`Follow it: bucle jobs logs -f ${job.id}`);
  return 0;
}

/** What a template declares is changed where it is declared. */
function refuseBesideTemplate(values: Readonly<Record<string, unknown>>, words: readonly string[]): void {
  if (words.length > 0) throw new UsageError('--template has its own command: leave out the one that you wrote.');
  const extra = Object.keys(values).find((name) => declared.includes(name));
  if (extra !== undefined) {
    throw new UsageError(`--${extra} can't be said beside --template: change it in bucle.yaml and run bucle apply.`);
  }
}

const declared = ['name', 'experiment', 'requirements', 'retries', 'time-limit', 'project', 'allow-secret'];

function submit(io: Io, path: string, json: Readonly<Record<string, unknown>>): Promise<JobDetail> {
  // A second try after a lost answer must not start a second job.
  const headers = { 'idempotency-key': randomUUID() };
  return withRetries(io, () => io.client.request('POST', path, { json, headers, signal: io.signal }));
}

function parseInputs(words: readonly string[]): Record<string, string> {
  const inputs: Record<string, string> = {};
  for (const word of words) {
    const [, name, dataset] = /^([A-Za-z][A-Za-z0-9_-]{0,63})=(.+)$/.exec(word) ?? [];
    if (name === undefined || dataset === undefined) {
      throw new UsageError(`--input ${JSON.stringify(word)} must be NAME=DATASET@N, as in --input train=flights@1`);
    }
    if (inputs[name] !== undefined) throw new UsageError(`The input ${name} was given twice.`);
    inputs[name] = dataset;
  }
  return inputs;
}

function parseRetries(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,3}$/.test(text) || Number(text) > 100)
    throw new UsageError('--retries must be a whole number up to 100.');
  return Number(text);
}

/** A path of the project, as a snapshot writes it; tried from the project first, then from here. */
function insideOf(root: string, cwd: string, flag: string, path: string): string {
  for (const base of [root, cwd]) {
    const inner = relative(root, resolve(base, path));
    if (inner !== '' && !inner.startsWith('..') && !isAbsolute(inner)) return inner.split(sep).join('/');
  }
  throw new UsageError(`${flag} ${path} lies outside of the project ${root}.`);
}

function optional<Name extends string, T>(name: Name, value: T | undefined): { [key in Name]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { [key in Name]?: T };
}
