import { fillPath } from '@bucle/client';
import { defineCommand, type Io, UsageError } from '../command.ts';
import { formatBytes, formatCount, formatTime, plural } from './format.ts';
import {
  type Column,
  getVersion,
  parseRef,
  shortRef,
  type Table,
  type Version,
  type VersionDetail,
} from './version.ts';

export const command = defineCommand({
  summary: 'Show the versions of a dataset, or schema and profile of one version.',
  usage: 'NAME[@N]',
  options: {},
  async run({ args }, io) {
    const [text] = args;
    if (text === undefined || args.length !== 1) throw new UsageError('data show needs one NAME or NAME@N.');
    const ref = parseRef(text);
    if (ref.version === undefined) await showVersions(io, ref.name);
    else await showVersion(io, await getVersion(io.client, ref, io.signal));
    return 0;
  },
});

async function showVersions(io: Io, name: string): Promise<void> {
  const versions: Version[] = [];
  for (let before: number | undefined | null; before !== null; ) {
    const page: { versions: Version[]; next: number | null } = await io.client.request(
      'GET',
      fillPath('/api/v1/datasets/{name}', { name }),
      { query: { before, limit: 1_000 }, signal: io.signal },
    );
    versions.push(...page.versions);
    before = page.next;
  }
  if (io.json) return io.printJson(versions);
  io.printTable(
    ['version', 'rows', 'files', 'size', 'created', 'by', 'profile', 'message'],
    versions.map((version) => [
      shortRef(version),
      version.rows,
      version.files,
      formatBytes(version.bytes),
      formatTime(version.created_at),
      version.created_by,
      version.profile.state,
      version.message,
    ]),
    ['version', 'created'],
  );
  const [latest] = versions;
  if (latest) io.note(`Schema and profile: bucle data show ${shortRef(latest)}`);
}

async function showVersion(io: Io, version: VersionDetail): Promise<void> {
  if (io.json) return io.printJson(version);
  const rows = version.rows === null ? '' : `${plural(version.rows, 'row')}, `;
  io.print(`${shortRef(version)}: ${rows}${plural(version.files, 'file')}, ${formatBytes(version.bytes)}`);
  io.print(`created ${formatTime(version.created_at)} by ${version.created_by}, id ${version.id}`);
  if (version.message !== null) io.print(version.message);
  for (const table of version.tables) showTable(io, table);
  for (const { file, reason } of version.unreadable) io.note(`${file} is no table: ${reason}`);
  if (version.profile.state === 'pending') io.note('Schema and profile are being computed; look again in a moment.');
  if (version.profile.state === 'failed') {
    io.note(`Schema and profile could not be computed: ${version.profile.reason ?? 'no reason was given.'}`);
  }
}

function showTable(io: Io, table: Table): void {
  const files = table.files.length === 1 ? '' : `, ${plural(table.files.length, 'file')}`;
  io.print('');
  io.print(`${table.name} (${table.format}${files}, ${plural(table.rows, 'row')})`);
  io.printTable(
    ['column', 'type', 'nulls', 'distinct', 'min', 'max', 'mean', 'sd', 'most frequent'],
    table.columns.map((column) => [
      column.name,
      column.type,
      column.nulls,
      column.distinct,
      cell(column.min),
      cell(column.max),
      short(column.mean),
      short(column.sd),
      mostFrequent(column, table.rows),
    ]),
    ['column'],
  );
}

function cell(value: Column['min']): string | number | null {
  return typeof value === 'boolean' ? String(value) : typeof value === 'number' ? short(value) : value;
}

/** Six digits are enough for a look; --json has them all. */
function short(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(6));
}

function mostFrequent({ top }: Column, rows: number): string | null {
  const [first] = top;
  if (first === undefined || first.count <= 1) return null;
  return `${String(first.value)} (${formatCount(first.count)}, ${Math.round((100 * first.count) / rows)} %)`;
}
