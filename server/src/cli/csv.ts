type Cell = string | number | null;

export const csvOption = { type: 'boolean', meaning: 'Print the table as CSV, nothing cut.' } as const;

/** Comma-separated as RFC 4180 has it; what is absent is empty. */
export function formatCsv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
}

function quoted(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
