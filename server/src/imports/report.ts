import type { Digests } from './digest-record.ts';
import type { SetDigest } from './set-hash.ts';
import type { SourceOptions } from './sources/source.ts';

export interface KindReport {
  /** Counted in the source by itself, apart from what was read; null when it can't. */
  counted: number | null;
  /** Read from the source, and what of it was to be imported. */
  source: SetDigest;
  /** Read again from Bucle. */
  bucle: SetDigest;
}

export interface ImportReport {
  readonly import: string | null;
  readonly source: { readonly kind: string; readonly address: string };
  /** True when the proof holds and nothing was left behind but whole kinds. */
  equal: boolean;
  /** Rows and files that this call wrote. */
  written: number;
  readonly kinds: Record<string, KindReport>;
  /** Experiments that have another id here. */
  readonly renumbered: { name: string; from: string; to: number }[];
  readonly differences: string[];
  readonly problems: { what: string; reason: string }[];
  readonly leftOut: { what: string; count: number }[];
}

const EMPTY: SetDigest = { count: 0, sha256: '0'.repeat(64) };

export function startReport(source: ImportReport['source']): ImportReport {
  return {
    ...{ import: null, source, equal: false, written: 0, kinds: {}, renumbered: [], differences: [] },
    ...{ problems: [], leftOut: [] },
  };
}

/** What a source finds while it is read. Parts of it are read twice, and noted once. */
export function notesIn(report: ImportReport): Pick<SourceOptions, 'onProblem' | 'onLeftOut'> {
  const noted = new Set<string>();
  const isNew = (note: string) => noted.size < noted.add(note).size;
  return {
    onProblem: (what, reason) => {
      if (isNew(`${what}: ${reason}`)) report.problems.push({ what, reason });
    },
    onLeftOut: (what) => {
      if (isNew(what)) report.leftOut.push({ what, count: 1 });
    },
  };
}

/** Adds what one thing has, on one of both sides. */
export function addDigests(report: ImportReport, side: 'source' | 'bucle', parts: Digests): void {
  for (const [kind, digest] of Object.entries(parts)) {
    report.kinds[kind] ??= { counted: null, source: EMPTY, bucle: EMPTY };
    report.kinds[kind][side] = sum(report.kinds[kind][side], digest);
  }
}

/** Sets of rows that have none in common. */
function sum(a: SetDigest, b: SetDigest): SetDigest {
  const total = (BigInt(`0x${a.sha256}`) + BigInt(`0x${b.sha256}`)) & ((1n << 256n) - 1n);
  return { count: a.count + b.count, sha256: total.toString(16).padStart(64, '0') };
}

export function closeReport(report: ImportReport): ImportReport {
  for (const [kind, { counted, source }] of Object.entries(report.kinds)) {
    const skipped = report.problems.length > 0;
    if (counted !== null && counted !== source.count && !skipped) {
      report.differences.push(
        `${kind}: the source counts ${counted}, and ${source.count} were read: it changed meanwhile`,
      );
    }
  }
  report.equal = report.differences.length === 0 && report.problems.length === 0;
  return report;
}

export function describeReport(report: ImportReport): string[][] {
  return Object.entries(report.kinds).map(([kind, { source, bucle }]) => [
    kind,
    String(source.count),
    String(bucle.count),
    source.sha256 === bucle.sha256 && source.count === bucle.count
      ? `equal ${source.sha256.slice(0, 12)}`
      : 'DIFFERENT',
  ]);
}
