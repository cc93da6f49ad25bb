import type { Value } from '../platform/db/tables/table-shape.ts';

/** What JSON has no word for. */
type Cell = string | number | null | { readonly i: string } | { readonly b: string } | { readonly f: string };

/** One row as a line of JSON; equal rows of two databases give equal lines. */
export function encodeRow(row: readonly Value[]): string {
  return JSON.stringify(row.map(encodeCell));
}

export function decodeRow(line: string): Value[] {
  return (JSON.parse(line) as Cell[]).map(decodeCell);
}

function encodeCell(value: Value): Cell {
  if (typeof value === 'bigint') return { i: value.toString() };
  if (value instanceof Uint8Array) return { b: Buffer.from(value).toString('base64') };
  if (typeof value === 'number' && !Number.isFinite(value)) return { f: String(value) };
  return value;
}

function decodeCell(cell: Cell): Value {
  if (typeof cell !== 'object' || cell === null) return cell;
  if ('i' in cell) return BigInt(cell.i);
  return 'b' in cell ? Buffer.from(cell.b, 'base64') : Number(cell.f);
}
