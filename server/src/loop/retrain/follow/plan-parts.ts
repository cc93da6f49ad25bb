import { join } from 'node:path';
import { readRows } from '../../../platform/parquet/read-rows.ts';
import type { TableFile } from '../../../platform/parquet/table-file.ts';
import { writeRows } from '../../../platform/parquet/write-rows.ts';
import type { Block } from '../firing.ts';
import { openTables } from './dataset-tables.ts';
import { toEventTime } from './event-time-column.ts';
import type { Ground } from './ground.ts';
import type { Step } from './record-step.ts';
import { type Spans, writeSpan } from './write-span.ts';

/** How the file begins that holds what a cut left of the pushed tables. */
const SINCE = 'pushed-since-';

/** A file that is new in the training version. */
export interface Part {
  readonly path: string;
  /** Absolute. */
  readonly file: string;
}

export interface Plan {
  readonly files: readonly Part[];
  readonly blocks: readonly Block[];
  /** Which files of the version before stay as they are. */
  readonly keep: (path: string) => boolean;
  readonly newRows: number;
}

type Given = { readonly spans: Spans; readonly folder: string };

/**
 * The files of the next training version. What was frozen before stays the same file, so that its chunks are stored
 * once; only a file that the cut goes through is written again without the rows before.
 */
export async function planParts(step: Step, ground: Ground, { spans, folder }: Given): Promise<Plan> {
  const { span, previous } = ground;
  const from = Math.max(
    previous?.until ?? (span === null ? Number.MIN_SAFE_INTEGER : span.last + 1),
    spans.cut ?? Number.MIN_SAFE_INTEGER,
  );
  const file = join(folder, 'block.parquet');
  const newRows = await writeSpan(step, ground, { from, until: spans.until, file, spans });
  const fresh: Block[] =
    newRows === 0 ? [] : [{ path: blockPath(from, spans.until), from, until: spans.until, rows: newRows }];
  const newest = fresh.map(({ path }) => ({ path, file }));
  if (spans.cut === null)
    return { files: newest, blocks: [...(previous?.blocks ?? []), ...fresh], keep: () => true, newRows };
  const old = await cutOff(step, ground, { cut: spans.cut, folder });
  return { files: [...old.files, ...newest], blocks: [...old.blocks, ...fresh], keep: old.keep, newRows };
}

interface Rest {
  readonly files: readonly Part[];
  readonly blocks: readonly Block[];
  readonly keep: (path: string) => boolean;
}

type Cut = { readonly cut: number; readonly folder: string };

/** What remains of the pushed tables and of older blocks when rows before the cut go. */
async function cutOff(step: Step, ground: Ground, given: Cut): Promise<Rest> {
  const pushed = await cutPushed(step, ground, given);
  const captured = await cutBlocks(step, ground, given);
  return {
    files: [...pushed.files, ...captured.files],
    blocks: captured.blocks,
    keep: (path) => pushed.keep(path) && captured.keep(path),
  };
}

async function cutPushed(step: Step, ground: Ground, { cut, folder }: Cut): Promise<Omit<Rest, 'blocks'>> {
  const { tables, span } = ground;
  if (span === null || span.first >= cut) return { files: [], keep: () => true };
  const part = { path: `${SINCE}${stamp(cut)}.parquet`, file: join(folder, 'rest.parquet') };
  const rows = span.last < cut ? 0 : await writeSince(step, ground, { tables, cut, file: part.file });
  const gone = new Set(tables.map(({ name }) => name));
  return { files: rows === 0 ? [] : [part], keep: (path) => !gone.has(path) && !path.startsWith(SINCE) };
}

async function cutBlocks(step: Step, ground: Ground, { cut, folder }: Cut): Promise<Rest> {
  const old = ground.previous?.blocks ?? [];
  const whole = old.filter(({ from }) => from >= cut);
  const gone = new Set(old.filter(({ from }) => from < cut).map(({ path }) => path));
  const keep = (path: string) => !gone.has(path);
  // Blocks lie one after another: the cut goes through one of them at most.
  const straddling = old.find(({ from, until }) => from < cut && until > cut);
  if (!straddling || !ground.previous) return { files: [], blocks: whole, keep };
  const stored = await openTables(step.parts, ground.previous.version, join(folder, 'previous'), step.run.signal);
  const part = { path: blockPath(cut, straddling.until), file: join(folder, 'cut.parquet') };
  const tables = stored.filter(({ name }) => name === straddling.path);
  const rows = await writeSince(step, ground, { tables, cut, file: part.file });
  if (rows === 0) return { files: [], blocks: whole, keep };
  return { files: [part], blocks: [{ path: part.path, from: cut, until: straddling.until, rows }, ...whole], keep };
}

async function writeSince(
  { run }: Step,
  { layout, scratch }: Ground,
  { tables, cut, file }: { readonly tables: readonly TableFile[]; readonly cut: number; readonly file: string },
): Promise<number> {
  const { columns, declared } = layout;
  const names = columns.map(({ name }) => name);
  const at = names.indexOf(declared.eventTime ?? '');
  async function* batches() {
    for await (const { rows } of readRows(tables, { columns: names, scratch, signal: run.signal })) {
      const later = rows.filter((row) => (toEventTime(row[at]) ?? Number.NEGATIVE_INFINITY) >= cut);
      if (later.length > 0) yield later;
    }
  }
  const written = await writeRows(batches(), { file, columns, scratch: `${scratch}-write`, signal: run.signal });
  return written.rows;
}

function blockPath(from: number, until: number): string {
  return `captures/${stamp(from)}-${stamp(until)}.parquet`;
}

/** `20130304T000000Z`; the year 0 stands for the beginning of time. */
function stamp(ms: number): string {
  if (ms <= -62_000_000_000_000) return '00000000T000000Z';
  return new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
}
