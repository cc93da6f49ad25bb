import { StringDecoder } from 'node:string_decoder';
import { labelErrors } from './label-errors.ts';
import { isFields } from './label-input.ts';
import { type LabelColumns, labelFields } from './label-table.ts';

const LONGEST_LINE = 1024 * 1024;

/** The lines of a text that streams in, without their ends. @throws LABELS_LINE_TOO_LONG */
export async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let line = 1;
  for await (const piece of body) {
    const lines = (rest + decoder.write(Buffer.from(piece))).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      yield text;
      line += 1;
    }
    if (rest.length > LONGEST_LINE) throw labelErrors.LINE_TOO_LONG({ line, limit: LONGEST_LINE });
  }
  rest += decoder.end();
  if (rest !== '') yield rest;
}

/** Lines of JSON whose fields are called otherwise; what is named by no field is left out then. */
export async function* renameFields(lines: AsyncIterable<string>, columns: LabelColumns): AsyncGenerator<string> {
  const named = Object.entries(columns);
  for await (const line of lines) yield named.length === 0 ? line : rename(line, named);
}

function rename(line: string, named: readonly (readonly [string, string])[]): string {
  let label: unknown = null;
  try {
    label = JSON.parse(line);
  } catch {
    return line;
  }
  if (!isFields(label)) return line;
  const given = label;
  const own = labelFields.map((name) => [name, name] as const);
  const all = Object.entries({ ...Object.fromEntries(own), ...Object.fromEntries(named) });
  return JSON.stringify(Object.fromEntries(all.map(([field, column]) => [field, given[column] ?? null])));
}
