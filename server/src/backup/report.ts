import type { Digest } from './set-digest.ts';
import { isSame } from './set-digest.ts';

/** What was read and what is there now, for each table and for the files together. */
export interface CopyReport {
  readonly lines: readonly ReportLine[];
  readonly equal: boolean;
  /** True when all of it was there before. */
  readonly untouched: boolean;
}

export interface ReportLine {
  /** `blobs`, or the name of a table. */
  readonly what: string;
  readonly source: Digest | null;
  readonly target: Digest | null;
  readonly equal: boolean;
}

export type Digests = ReadonlyMap<string, Digest>;

/** Says how far it is. */
export type Progress = (what: string, count: number) => void;

export const BLOBS = 'blobs';

export function compareDigests(source: Digests, target: Digests): ReportLine[] {
  return [...new Set([...source.keys(), ...target.keys()])].map((what) => {
    const [one, other] = [source.get(what), target.get(what)];
    return { what, source: one ?? null, target: other ?? null, equal: isSame(one, other) };
  });
}

export function namesOfDifferent(lines: readonly ReportLine[]): string[] {
  return lines
    .filter(({ equal }) => !equal)
    .map(({ what, source, target }) => `${what} (${source?.count ?? 'absent'}, ${target?.count ?? 'absent'})`);
}
