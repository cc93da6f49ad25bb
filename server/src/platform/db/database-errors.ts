/** True when the database refused a row because one with the same unique key exists, on either dialect. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as Error & { code?: string; errcode?: number };
  if (code === '23505') return true;
  const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;
  const SQLITE_CONSTRAINT_UNIQUE = 2067;
  return errcode === SQLITE_CONSTRAINT_UNIQUE || errcode === SQLITE_CONSTRAINT_PRIMARYKEY;
}

/**
 * A value that the database cannot keep: out of the range of its type, or a text with characters that it refuses.
 * Whoever sent it has to change it. SQLite keeps everything.
 */
export function isDataException(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return code === '22003' || code === '22P02' || code === '22021' || code === '22P05';
}
