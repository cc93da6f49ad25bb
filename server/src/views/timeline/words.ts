type Data = Readonly<Record<string, unknown>>;

/** What an event says happened to its subject. */
export interface Telling {
  /** As a cause: `alert 5e6f7a8b *opened*`. */
  readonly did: string;
  /** As a sentence of its own, after the subject; absent: `did`. */
  readonly say?: (data: Data) => string;
}

/** ` because of this`; nothing when nothing is known. */
export function after(lead: string, value: unknown): string {
  return value === null || value === undefined || value === '' ? '' : `${lead}${value}`;
}

/** `a, b and c` */
export function list(value: unknown, most = 5): string {
  const all = Array.isArray(value) ? value.map(String) : [];
  const shown = all.length > most ? [...all.slice(0, most - 1), `${all.length - most + 1} more`] : all;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** `1 row`, `2,000 rows` */
export function count(value: unknown, noun: string): string {
  const number = Number(value ?? 0);
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}

/** `data drift` of `data_drift` */
export function spaced(value: unknown): string {
  return String(value).replaceAll('_', ' ');
}

/** A member of a member that may not be there. */
export function inner(value: unknown): Data {
  return typeof value === 'object' && value !== null ? (value as Data) : {};
}
