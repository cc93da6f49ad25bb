import { join } from 'node:path';
import type { TableFile } from '../../../platform/parquet/table-file.ts';
import { type DatasetVersion, findDatasetDeclaration, resolveVersion } from '../../data/index.ts';
import { findFrozenBefore } from '../firing.store.ts';
import type { Block } from '../firing.ts';
import { columnsOf, newestPushed, openTables, type Span, spanOf } from './dataset-tables.ts';
import type { End, Step } from './record-step.ts';
import type { Layout } from './row-layout.ts';

/** What captured rows are added to. */
export interface Ground {
  /** The newest version that people pushed. */
  readonly pushed: DatasetVersion;
  readonly tables: readonly TableFile[];
  /** Event times of its rows; null when none says one. */
  readonly span: Span | null;
  readonly layout: Layout;
  /** The version of the firing before, when that built on the same pushed version. */
  readonly previous: {
    readonly version: DatasetVersion;
    readonly blocks: readonly Block[];
    readonly until: number;
  } | null;
  readonly scratch: string;
}

/** Reads what the pushed version looks like; an end when captured rows could not be added to it. */
export async function findGround(step: Step, folder: string): Promise<Ground | End> {
  const { parts, run, policy, firing } = step;
  const { dataset } = policy.data;
  const pushed = await newestPushed(parts, dataset);
  if (pushed === null)
    return failed(
      `No version of the dataset ${dataset} was pushed by anybody.`,
      `Push one with \`bucle data push ${dataset} PATH\`, then fire again.`,
    );
  const options = { scratch: join(folder, 'scratch'), signal: run.signal };
  const tables = await openTables(parts, pushed, join(folder, 'pushed'), run.signal);
  if (tables.length === 0)
    return failed(
      `${dataset}@${pushed.number} has no table that captured rows could be added to.`,
      'Push CSV, Parquet or JSON lines.',
    );
  const columns = await columnsOf(tables, options);
  const declared = await findDatasetDeclaration(parts.db.read, dataset);
  const names = columns.map(({ name }) => name);
  for (const [what, column] of [
    ['label', declared?.label],
    ['event_time', declared?.eventTime],
  ] as const) {
    if (column == null)
      return failed(
        `The dataset ${dataset} declares no ${what}.`,
        `Say \`${what}: COLUMN\` under datasets.${dataset} of bucle.yaml and run \`bucle apply\`.`,
      );
    if (!names.includes(column))
      return failed(
        `${dataset}@${pushed.number} has no column ${column}, which is declared as its ${what}.`,
        `Its columns are ${names.slice(0, 20).join(', ')}.`,
      );
  }
  if (!declared?.eventTime) throw new Error('The event time was looked at a moment ago.');
  const span = await spanOf(tables, declared.eventTime, options);
  const before = await findFrozenBefore(parts.db.read, {
    policy: policy.name,
    number: firing.number,
    base: pushed.number,
  });
  const layout = { columns, declared, seconds: span?.seconds ?? false };
  return { pushed, tables, span, layout, previous: await previousOf(step, before), scratch: options.scratch };
}

async function previousOf(
  { parts }: Step,
  before: Awaited<ReturnType<typeof findFrozenBefore>>,
): Promise<Ground['previous']> {
  if (!before?.frozen || before.training === null || before.frozen.trainedUntil === null) return null;
  const version = await resolveVersion(parts, before.training);
  return { version, blocks: before.frozen.blocks, until: before.frozen.trainedUntil };
}

function failed(summary: string, next: string): End {
  return { outcome: 'failed', summary, next };
}
