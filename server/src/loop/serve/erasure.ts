import { createHash } from 'node:crypto';
import { isList, isRecord, type Value } from '../../engines/values.ts';
import type { Capture } from './capture/capture.ts';

/** A request to forget what was captured about one key of an endpoint. */
export interface Erasure {
  readonly id: string;
  readonly endpoint: string;
  readonly keySha256: string;
  readonly state: 'running' | 'done';
  readonly actor: string;
  readonly requestedAt: number;
  readonly finishedAt: number | null;
  /** Batches that were looked through. */
  readonly batches: number;
  /** Rows of requests that were erased. */
  readonly predictions: number;
  /** Versions that were frozen from captures of the endpoint: they are immutable, and may hold the key. */
  readonly datasetVersions: readonly string[];
}

/** Captures about this key that a gateway received up to then are not kept. */
export interface Tombstone {
  readonly endpoint: string;
  readonly keySha256: string;
  readonly until: number;
}

export interface ErasedCapture {
  /** Null when nothing of the request is left. */
  readonly left: Capture | null;
  /** `ID.k` of the rows that were erased now, by the hash of their key. */
  readonly erased: ReadonlyMap<string, readonly string[]>;
}

export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Takes the rows out of a capture that must be forgotten; the others keep their numbers. */
export function eraseRows(capture: Capture, tombstones: readonly Tombstone[]): ErasedCapture {
  const hashes = new Map(
    tombstones
      .filter(({ endpoint, until }) => endpoint === capture.endpoint && capture.received_at <= until)
      .map(({ keySha256 }) => [keySha256, [] as string[]]),
  );
  if (hashes.size === 0) return { left: capture, erased: new Map() };
  const gone = new Set(capture.erased);
  for (const row of capture.outputs.keys()) {
    const key = capture.keys === null ? capture.key : (capture.keys[row] ?? null);
    const ids = key === null || gone.has(row) ? undefined : hashes.get(hashKey(key));
    if (ids === undefined) continue;
    ids.push(`${capture.id}.${row}`);
    gone.add(row);
  }
  const erased = new Map([...hashes].filter(([, ids]) => ids.length > 0));
  if (erased.size === 0) return { left: capture, erased };
  return { left: gone.size === capture.outputs.length ? null : withoutRows(capture, gone), erased };
}

function withoutRows(capture: Capture, gone: ReadonlySet<number>): Capture {
  const blank = <T>(list: readonly T[], nothing: (one: T) => T): T[] =>
    list.map((one, row) => (gone.has(row) ? nothing(one) : one));
  const { keys, rows, tensor, outputs, key } = capture;
  return {
    ...capture,
    key: gone.has(0) ? null : key,
    keys: keys && blank(keys, () => null),
    rows: rows && blank(rows, (row) => row.map(() => null)),
    tensor: blankTensor(tensor, (list) => blank(list, () => null)),
    outputs: blank(outputs, () => null),
    erased: [...gone].sort((one, other) => one - other),
  };
}

// The first dimension of a tensor counts the rows.
function blankTensor(tensor: Value, blank: (list: readonly Value[]) => Value): Value {
  if (isList(tensor)) return blank(tensor);
  if (!isRecord(tensor)) return tensor;
  return Object.fromEntries(
    Object.entries(tensor).map(([name, values]) => [name, isList(values) ? blank(values) : values]),
  );
}
