import { type Static, Type } from 'typebox';
import type { CountedCaptures } from './captures.store.ts';
import type { CaptureRemovalTable } from './removal.store.ts';

export const CaptureReceipt = Type.Object({
  stored: Type.Integer({ description: 'Captures that are kept now and were not before.' }),
  duplicates: Type.Integer({ description: 'Captures that were here already.' }),
});

const counts = {
  captured: Type.Integer({ description: 'Requests that were answered, captured and delivered.' }),
  rows: Type.Integer({ description: 'Rows of these requests.' }),
  lost: Type.Integer({ description: 'Requests that were answered and could not be captured.' }),
  delivered_up_to: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Receipt of the latest request that arrived here, milliseconds since the epoch.',
  }),
};

export const CaptureCounts = Type.Object({
  endpoint: Type.String(),
  ...counts,
  deployments: Type.Array(Type.Object({ deployment: Type.String(), ...counts })),
  lost_unassigned: Type.Integer({
    description: 'Of the whole server: losses of which a gateway cannot say whose they were.',
  }),
  expired: Type.Integer({ description: 'Of the captured requests: no longer kept, by age or for want of room.' }),
  expired_before: Type.Union([Type.Integer(), Type.Null()], {
    description: 'What was recorded before has expired, milliseconds since the epoch.',
  }),
  erased: Type.Integer({ description: 'Rows that were erased by key.' }),
});

interface Counted {
  readonly endpoint: string;
  readonly counts: readonly CountedCaptures[];
  readonly losses: readonly { readonly deployment: string; readonly lost: number }[];
  readonly unassigned: number;
  readonly removals: Pick<CaptureRemovalTable, 'expired' | 'expired_before' | 'erased'>;
}

export function toCaptureCounts({
  endpoint,
  counts: counted,
  losses,
  unassigned,
  removals,
}: Counted): Static<typeof CaptureCounts> {
  const names = [...new Set([...counted, ...losses].map(({ deployment }) => deployment))].sort();
  const deployments = names.map((deployment) => {
    const found = counted.find((one) => one.deployment === deployment);
    return {
      deployment,
      captured: found?.captured ?? 0,
      rows: found?.row_count ?? 0,
      lost: losses.find((one) => one.deployment === deployment)?.lost ?? 0,
      delivered_up_to: found?.last_received_at ?? null,
    };
  });
  const latest = Math.max(...counted.map(({ last_received_at }) => last_received_at));
  return {
    endpoint,
    captured: deployments.reduce((sum, { captured }) => sum + captured, 0),
    rows: deployments.reduce((sum, { rows }) => sum + rows, 0),
    lost: deployments.reduce((sum, { lost }) => sum + lost, 0),
    delivered_up_to: counted.length === 0 ? null : latest,
    deployments,
    lost_unassigned: unassigned,
    ...removals,
  };
}
