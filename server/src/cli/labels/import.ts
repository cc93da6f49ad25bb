import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { fillPath } from '@bucle/client';
import { defineCommand, type Io, UsageError } from '../command.ts';
import { startProgress } from '../data/progress.ts';
import { withRetries } from '../retry.ts';
import { labelCliErrors } from './errors.ts';
import { printReceipt, type Receipt } from './view.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.parquet': 'application/vnd.apache.parquet',
  '.jsonl': 'application/x-ndjson',
  '.ndjson': 'application/x-ndjson',
};
const FIELDS = ['prediction', 'key', 'value', 'label_time', 'event_time', 'censored'];

export const command = defineCommand({
  summary: 'Send a file of labels; when it breaks off, the same command goes on from there.',
  usage: 'FILE --endpoint NAME [--column FIELD=COLUMN]…',
  options: {
    endpoint: { type: 'string', short: 'e', value: 'NAME', meaning: 'Which endpoint answered.' },
    column: {
      type: 'string',
      short: 'c',
      multiple: true,
      value: 'FIELD=COLUMN',
      meaning: `How the file calls a field, if not by its own name: ${FIELDS.join(', ')}.`,
    },
  },
  async run({ values, args }, io) {
    const [name] = args;
    const { endpoint, column = [] } = values;
    if (name === undefined || args.length !== 1 || endpoint === undefined) {
      throw new UsageError('labels import needs a FILE and its --endpoint: bucle labels import late.csv -e flights');
    }
    const file = resolve(io.cwd, name);
    const type = TYPES[extname(file).toLowerCase()];
    if (type === undefined) {
      throw labelCliErrors.LABEL_FILE_UNREADABLE({ path: name, reason: 'its name does not say what it is' });
    }
    const query = toQuery(column);
    const { size, sha256 } = await hashFile(io, file, name);
    const key = createHash('sha256')
      .update(JSON.stringify([sha256, query]))
      .digest('hex');
    const path = fillPath('/api/v1/endpoints/{name}/labels', { name: endpoint });
    const headers = { 'content-type': type, 'idempotency-key': key };
    const receipt = await withRetries(io, async () => {
      const progress = startProgress(io, `sending ${basename(file)}`, size);
      try {
        const body = toBody(file, (bytes) => progress.add(bytes));
        return await io.client.request<Receipt>('POST', path, { body, query, headers, signal: io.signal });
      } finally {
        progress.end();
      }
    });
    printReceipt(io, receipt);
    return receipt.received > 0 && receipt.outcomes['invalid'] === receipt.received ? 1 : 0;
  },
});

function toQuery(columns: readonly string[]): Record<string, string> {
  const pairs = columns.map((text) => {
    const [, field, column] = /^([a-z_]+)=(.+)$/s.exec(text) ?? [];
    if (field === undefined || column === undefined || !FIELDS.includes(field)) {
      throw new UsageError(`--column ${text} is not FIELD=COLUMN; fields are ${FIELDS.join(', ')}.`);
    }
    return [`${field}_column`, column] as const;
  });
  return Object.fromEntries(pairs);
}

/** What names the batch: the same file again is the same batch. */
async function hashFile({ signal }: Io, file: string, name: string): Promise<{ size: number; sha256: string }> {
  try {
    const { size } = await stat(file);
    const hash = createHash('sha256');
    let read = 0;
    for await (const piece of createReadStream(file, { signal })) {
      hash.update(piece as Uint8Array);
      read += (piece as Uint8Array).length;
    }
    if (read !== size) throw labelCliErrors.LABEL_FILE_CHANGED({ path: name });
    return { size, sha256: hash.digest('hex') };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'EACCES') throw error;
    const reasons = { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'it may not be read' };
    throw labelCliErrors.LABEL_FILE_UNREADABLE({ path: name, reason: reasons[code] }, { cause: error });
  }
}

function toBody(file: string, count: (bytes: number) => void): ReadableStream<Uint8Array> {
  const counted = async function* () {
    for await (const piece of createReadStream(file)) {
      count((piece as Uint8Array).length);
      yield piece as Uint8Array;
    }
  };
  return Readable.toWeb(Readable.from(counted())) as ReadableStream<Uint8Array>;
}
