import { fillPath } from '@bucle/client';
import { defineCommand, exitCodes, UsageError } from '../command.ts';
import { ground, groundOptions } from './ground.ts';
import { idOf, type Rollout } from './view.ts';
import { watchRollout } from './watch-rollout.ts';

const engines = ['auto', 'onnx', 'python'];

export const command = defineCommand({
  summary: 'Bring a version to stable traffic step by step, watched by guards; waits for the end.',
  usage: 'ENDPOINT MODEL/VERSION --decision ID | --reason TEXT [--steps 10,50,100] [--no-wait]',
  options: {
    ...groundOptions,
    steps: { type: 'string', value: 'P,P,…', meaning: 'Percent of each step, growing (default 10,50,100).' },
    'min-seconds': { type: 'string', value: 'N', meaning: 'That each step lasts at least (default 60).' },
    'min-requests': { type: 'string', value: 'N', meaning: 'That the candidate answers in each step (default 200).' },
    'max-seconds': {
      type: 'string',
      value: 'N',
      meaning: 'After which it aborts; absent: it waits as long as it takes.',
    },
    engine: { type: 'string', value: 'ENGINE', meaning: 'auto (default), onnx (insists) or python.' },
    'no-wait': { type: 'boolean', meaning: 'Return as soon as it is accepted.' },
    timeout: { type: 'string', value: 'SECONDS', meaning: 'Wait no longer than this, then exit with 8; it goes on.' },
  },
  async run({ values, args }, io) {
    const [name, version] = args;
    if (name === undefined || version === undefined || args.length !== 2) {
      throw new UsageError('rollouts start needs ENDPOINT and MODEL/VERSION, such as: flights flights/4.');
    }
    if (values.engine !== undefined && !engines.includes(values.engine)) {
      throw new UsageError(`--engine is ${values.engine}, but it must be one of ${engines.join(', ')}.`);
    }
    const timeout = number(values.timeout, '--timeout');
    const json = {
      version,
      ...ground(values),
      ...(values.engine === undefined ? {} : { engine: values.engine }),
      ...plan(values),
    };
    const path = fillPath('/api/v1/endpoints/{name}/rollouts', { name });
    const rollout = await io.client.request<Rollout>('POST', path, { json, signal: io.signal });
    if (values['no-wait']) {
      if (io.json) io.printJson(rollout);
      else io.print(idOf(rollout.id));
      io.note(`Accepted; see how it goes by \`bucle rollouts watch ${rollout.id}\`.`);
      return exitCodes.ok;
    }
    if (!io.json) io.print(rollout.id);
    return watchRollout(io, rollout, timeout === undefined ? Number.POSITIVE_INFINITY : timeout * 1000);
  },
});

interface PlanFlags {
  readonly steps?: string;
  readonly 'min-seconds'?: string;
  readonly 'min-requests'?: string;
  readonly 'max-seconds'?: string;
}

function plan(values: PlanFlags): Record<string, unknown> {
  const seconds = number(values['min-seconds'], '--min-seconds');
  const requests = number(values['min-requests'], '--min-requests');
  const limit = number(values['max-seconds'], '--max-seconds');
  if ([values.steps, seconds, requests, limit].every((one) => one === undefined)) return {};
  const steps = (values.steps ?? '10,50,100').split(',').map((text) => ({
    percent: number(text.replace(/%$/, ''), '--steps'),
    min_seconds: seconds ?? 60,
    min_requests: requests ?? 200,
  }));
  return { plan: { steps, ...(limit === undefined ? {} : { max_seconds: limit }) } };
}

function number(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new UsageError(`${flag} is ${text}, but it must be a number from 0 up.`);
  }
  return value;
}
