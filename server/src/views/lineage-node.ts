import type { Context } from '../context.ts';
import type { LineageKind, LineageNode } from './lineage.schema.ts';

export type LineageParts = Pick<Context, 'db' | 'blobs'>;

/** What a thing came out of: something with a name, which is looked up, or a node that is there already. */
export type Upstream =
  | { readonly relation: string; readonly ref: string; readonly node?: undefined }
  | { readonly relation: string; readonly ref: string | null; readonly node: Omit<LineageNode, 'id'> };

export interface Found {
  readonly node: Omit<LineageNode, 'id'>;
  readonly upstream: readonly Upstream[];
}

/** A link that leads nowhere, and why. */
export function missing(relation: string, kind: LineageKind, reason: string): Upstream {
  return { relation, ref: null, node: { kind, ref: null, summary: '', facts: {}, missing: reason } };
}

/** The part of a reference after its kind. */
export function nameIn(ref: string): string {
  return ref.slice(ref.indexOf(':') + 1);
}

/** `a · b`, without what is empty. */
export function phrase(...parts: readonly (string | null | undefined | false)[]): string {
  return parts.filter((part) => part).join(' · ');
}

/** `2026-11-24 05:34:12`, UTC. */
export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
}

/** `1 file`, `2,000 files` */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
