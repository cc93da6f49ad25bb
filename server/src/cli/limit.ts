import { UsageError } from './command.ts';

/** How many are wanted: `--limit N`, or all by `--all`. @throws UsageError */
export function parseLimit(
  { limit, all }: { readonly limit?: string | undefined; readonly all?: boolean | undefined },
  fallback: number,
): number {
  if (all === true) {
    if (limit !== undefined) throw new UsageError('Say --limit N or --all, not both.');
    return Number.POSITIVE_INFINITY;
  }
  const number = Number(limit ?? fallback);
  if (!Number.isInteger(number) || number < 1) throw new UsageError('--limit must be a whole number from 1 up.');
  return number;
}
