import { defineCommand, exitCodes, type Io, UsageError, type Values } from './command.ts';
import { type Decision, printDecision } from './decisions/view.ts';
import { exitCodeOf, waitForDecision } from './decisions/wait-for-decision.ts';
import { declaration, declarationOptions } from './endpoints/declaration.ts';
import { type EndpointDetail, getEndpoint } from './endpoints/view.ts';

const { prediction, column, threshold } = declarationOptions;

const options = {
  endpoint: {
    type: 'string',
    value: 'E',
    meaning: 'The champion is what holds its stable traffic; it also says what a prediction means.',
  },
  champion: { type: 'string', value: 'VERSION', meaning: 'Compare with this version instead.' },
  dataset: { type: 'string', value: 'D', meaning: 'Rows that neither was trained on, such as flights-holdout@2.' },
  gate: { type: 'string', value: 'NAME', meaning: 'Rules that were declared; absent: those of the next flags.' },
  metric: { type: 'string', value: 'M', meaning: 'What must get better (log_loss, accuracy or mae, by the kind).' },
  margin: { type: 'string', value: 'X', meaning: 'The lower bound of the gain must be above it (0).' },
  'min-rows': { type: 'string', value: 'N', meaning: 'Rows that must be compared (500).' },
  slice: { type: 'string', multiple: true, value: 'COLUMN', meaning: 'No value of it may get clearly worse.' },
  ...{ prediction, column, threshold },
  label: { type: 'string', value: 'COLUMN', meaning: 'Absent: what the dataset declares.' },
  'event-time': { type: 'string', value: 'COLUMN', meaning: 'Absent: what the dataset declares.' },
  key: { type: 'string', value: 'COLUMN', meaning: 'What tells rows apart; absent: what the dataset declares.' },
  wait: { type: 'boolean', meaning: 'Until it is decided: exits with 0 (promote), 3 (keep) or 1 (nothing was shown).' },
} as const;

type Given = Values<typeof options>;

export const command = defineCommand({
  summary: 'Ask whether a version is better than the champion, on rows that neither was trained on.',
  usage: 'VERSION (--endpoint E | --champion VERSION) --dataset D [--gate NAME | --metric M …] [--wait]',
  options,
  async run({ values, args }, io) {
    const [candidate] = args;
    if (candidate === undefined || args.length !== 1) {
      throw new UsageError('evaluate needs one VERSION, such as flights/4.');
    }
    if (values.dataset === undefined) throw new UsageError('evaluate needs --dataset, such as flights-holdout@2.');
    const endpoint = values.endpoint === undefined ? null : await getEndpoint(io, values.endpoint);
    const asked = await io.client.request<Decision>('POST', '/api/v1/decisions', {
      json: {
        ...{ candidate, dataset: values.dataset, champion: values.champion ?? championOf(endpoint) },
        ...(endpoint === null ? {} : { subject: `endpoint:${endpoint.name}` }),
        ...meaningOf(values, endpoint),
        ...columnsOf(values),
        ...rulesOf(values),
      },
      signal: io.signal,
    });
    return follow(io, asked, values.wait === true);
  },
});

async function follow(io: Io, asked: Decision, wait: boolean): Promise<number> {
  if (!wait) {
    if (io.json) io.printJson(asked);
    else io.print(asked.id);
    io.note(`Accepted; see how it goes by \`bucle decisions show ${asked.id}\`.`);
    return exitCodes.ok;
  }
  const decision = await waitForDecision(io, asked);
  if (io.json) io.printJson(decision);
  else printDecision(io, decision);
  return exitCodeOf(decision);
}

/** The version that holds stable traffic; null: nobody does. */
function championOf(endpoint: EndpointDetail | null): string | null {
  if (endpoint === null) return null;
  return endpoint.deployments.find(({ id }) => id === endpoint.stable)?.version ?? null;
}

function meaningOf(values: Given, endpoint: EndpointDetail | null): Record<string, unknown> {
  const said = declaration({
    ...(values.prediction === undefined ? {} : { prediction: values.prediction }),
    ...(values.column === undefined ? {} : { column: values.column }),
    ...(values.threshold === undefined ? {} : { threshold: values.threshold }),
  });
  if ('prediction' in said) return said;
  if (endpoint?.prediction) return { prediction: endpoint.prediction };
  const who = endpoint === null ? 'Without --endpoint' : `The endpoint ${endpoint.name} declares none:`;
  throw new UsageError(`${who} say what a prediction means: --prediction probability, class or value.`);
}

function columnsOf({ label, key, 'event-time': eventTime }: Given): Record<string, string> {
  return {
    ...(label === undefined ? {} : { label }),
    ...(key === undefined ? {} : { key }),
    ...(eventTime === undefined ? {} : { event_time: eventTime }),
  };
}

function rulesOf({ gate, metric, margin, slice, 'min-rows': rows }: Given): Record<string, unknown> {
  const rules = {
    ...(metric === undefined ? {} : { metric }),
    ...(margin === undefined ? {} : { margin: number(margin, '--margin') }),
    ...(rows === undefined ? {} : { minimum_rows: number(rows, '--min-rows') }),
    ...(slice === undefined ? {} : { slices: slice }),
  };
  if (Object.keys(rules).length === 0) return gate === undefined ? {} : { gate };
  if (gate !== undefined)
    throw new UsageError('--gate names rules already: leave out --metric, --margin, --min-rows and --slice.');
  if (metric === undefined) throw new UsageError('--margin, --min-rows and --slice need --metric.');
  return { gate: rules };
}

function number(text: string, flag: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new UsageError(`${flag} is ${text}, but it must be a number.`);
  return value;
}
