import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ApiError, createClient } from '@bucle/client';
import { defineCommand, type Io, UsageError } from '../command.ts';
import { withNext } from '../with-next.ts';
import { endpointErrors } from './errors.ts';
import { getEndpoint } from './view.ts';

export const command = defineCommand({
  summary: 'Ask an endpoint; the answer goes to stdout, its prediction id to stderr.',
  usage: 'NAME --input FILE|-',
  options: {
    input: {
      type: 'string',
      value: 'FILE',
      meaning: 'Request as MLflow defines it, a row as a JSON object, a list of them, or CSV; - for stdin.',
    },
  },
  async run({ values, args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1 || values.input === undefined) {
      throw new UsageError('endpoints predict needs NAME and --input FILE, or --input - for stdin.');
    }
    const { body, type } = await readRequest(values.input, io);
    const { url } = await getEndpoint(io, name);
    const { origin, pathname } = new URL(url);
    const gateway = createClient({ baseUrl: origin, token: io.config.token });
    const headers = { 'content-type': type };
    const asked = gateway.send('POST', pathname, { body, headers, signal: io.signal });
    const answer = await withNext(
      `Its columns and types: curl -s ${origin}/v2/models/${encodeURIComponent(name)}`,
      asked.catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 0) throw endpointErrors.GATEWAY_AWAY({ url: origin });
        throw error;
      }),
    );
    const text = await answer.text();
    io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    const id = answer.headers.get('bucle-prediction-id');
    if (id !== null)
      io.note(`prediction:${id} by ${answer.headers.get('bucle-model-version') ?? 'an unnamed version'}`);
    return 0;
  },
});

async function readRequest(input: string, io: Pick<Io, 'cwd'>): Promise<{ body: string; type: string }> {
  const text = await readText(input, io);
  if (extname(input).toLowerCase() === '.csv') return { body: text, type: 'text/csv' };
  const value = parse(text, input);
  return { body: JSON.stringify(asRequest(value)), type: 'application/json' };
}

async function readText(input: string, { cwd }: Pick<Io, 'cwd'>): Promise<string> {
  if (input === '-') return (await buffer(process.stdin)).toString('utf8');
  return readFile(resolve(cwd, input), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw endpointErrors.INPUT({
      message: `${input}: ${cause.code === 'ENOENT' ? 'there is no such file' : cause.message}.`,
    });
  });
}

function parse(text: string, input: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw endpointErrors.INPUT({ message: `${input} is no JSON (${(error as Error).message}).` });
  }
}

const envelopes = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'];

/** Rows as people write them become what MLflow defines. */
function asRequest(value: unknown): unknown {
  const isRow = (one: unknown) => typeof one === 'object' && one !== null && !Array.isArray(one);
  if (Array.isArray(value) && value.every(isRow)) return { dataframe_records: value };
  if (isRow(value) && !envelopes.some((name) => name in (value as object))) return { dataframe_records: [value] };
  return value;
}
