type Cell = string | number | null;

/** A table fitted to the width of the terminal: the widest column gives way first, those of `whole` never. */
export function formatTable(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  width: number,
  whole: readonly string[] = [],
): string {
  const cells = rows.map((row) => columns.map((_column, index) => clean(row[index] ?? null)));
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((row) => (row[index] ?? '').length)),
  );
  const gap = 2;
  let total = widths.reduce((sum, next) => sum + next + gap, -gap);
  const yielding = () => widths.map((own, index) => (whole.includes(columns[index] ?? '') ? 0 : own));
  while (total > width && Math.max(...yielding()) > 12) {
    const widest = yielding().indexOf(Math.max(...yielding()));
    widths[widest] = (widths[widest] ?? 0) - 1;
    total -= 1;
  }
  const numeric = columns.map((_column, index) => {
    const known = rows.map((row) => row[index] ?? null).filter((cell) => cell !== null);
    return known.length > 0 && known.every((cell) => typeof cell === 'number');
  });
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => fit(cell, widths[index] ?? 0, numeric[index] === true))
      .join(' '.repeat(gap))
      .trimEnd();
  return `${[line(columns.map((column) => column.toUpperCase())), ...cells.map(line)].join('\n')}\n`;
}

/** Tab-separated, nothing cut, for other programs. */
export function formatTsv(columns: readonly Cell[], rows: readonly (readonly Cell[])[]): string {
  return [columns, ...rows].map((row) => `${row.map((cell) => clean(cell)).join('\t')}\n`).join('');
}

// Control characters in names must not move somebody's cursor.
function clean(cell: Cell): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
  return cell === null ? '–' : String(cell).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

function fit(text: string, width: number, right: boolean): string {
  if (text.length > width) return `${text.slice(0, Math.max(0, width - 1))}…`;
  return right ? text.padStart(width) : text.padEnd(width);
}
