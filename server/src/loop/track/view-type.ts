import type { Lifecycle } from './workspace.ts';

export const VIEW_TYPES = { ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 } as const;

export function lifecyclesOf(view: keyof typeof VIEW_TYPES = 'ACTIVE_ONLY'): readonly Lifecycle[] {
  if (view === 'ALL') return ['active', 'deleted'];
  return view === 'ACTIVE_ONLY' ? ['active'] : ['deleted'];
}
