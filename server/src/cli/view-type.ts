import { UsageError } from './command.ts';

const VIEWS = { active: 'ACTIVE_ONLY', deleted: 'DELETED_ONLY', all: 'ALL' } as const;

export type ViewType = (typeof VIEWS)[keyof typeof VIEWS];

export const viewOption = {
  type: 'string',
  value: 'VIEW',
  meaning: 'active (default), deleted, or all: what was deleted can be restored.',
} as const;

/** @throws UsageError */
export function parseView(word: string | undefined): ViewType {
  const view = Object.entries(VIEWS).find(([name]) => name === (word ?? 'active'))?.[1];
  if (view === undefined) throw new UsageError(`--view is ${word}, but it must be active, deleted or all.`);
  return view;
}
