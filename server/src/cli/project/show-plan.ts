import type { Io } from '../command.ts';
import { formatTime } from '../data/format.ts';

export interface Field {
  readonly field: string;
  readonly from: string | null;
  readonly to: string | null;
}

export interface Change {
  readonly ref: string;
  readonly action: 'create' | 'change' | 'remove' | 'release' | 'keep';
  readonly fields: readonly Field[];
  readonly notes: readonly string[];
  readonly refused: string | null;
  readonly drift: {
    readonly by: string | null;
    readonly at: number | null;
    readonly removed: boolean;
    readonly fields: readonly Field[];
  } | null;
}

export interface Plan {
  readonly id: string;
  readonly project: string;
  readonly changes: readonly Change[];
  readonly counts: {
    readonly create: number;
    readonly change: number;
    readonly remove: number;
    readonly release: number;
    readonly drifted: number;
    readonly refused: number;
  };
}

const SIGNS = { create: '+', change: '~', remove: '-', release: '.', keep: ' ' } as const;

export function countChanges({ counts }: Plan): number {
  return counts.create + counts.change + counts.remove + counts.release;
}

/** `+ create`, `~ change`, `- remove`, `. no longer ours`, `! changed by somebody else`. */
export function showPlan(io: Pick<Io, 'print'>, plan: Plan): void {
  for (const change of plan.changes) for (const line of linesOf(change)) io.print(line);
  const { create, change, remove, release, drifted, refused } = plan.counts;
  if (countChanges(plan) === 0 && refused === 0) {
    io.print(`Nothing to do: what is live is what the project ${plan.project} says.`);
    return;
  }
  const more = [
    ...(release > 0 ? [`${release} to release`] : []),
    ...(drifted > 0 ? [`${drifted} drifted`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ];
  const counts = [`${create} to create`, `${change} to change`, `${remove} to remove`, ...more];
  io.print(`Plan ${plan.id} of ${plan.project}: ${counts.join(', ')}.`);
}

function linesOf({ ref, action, fields, notes, refused, drift }: Change): string[] {
  return [
    ...(action === 'keep' ? [] : [`  ${SIGNS[action]} ${ref}`]),
    ...fields.map(
      ({ field, from, to }) => `      ${field}: ${action === 'create' ? to : `${say(from)} -> ${say(to)}`}`,
    ),
    ...notes.map((note) => `      # ${note}`),
    ...(refused === null ? [] : [`      REFUSED: ${refused}`]),
    ...(drift === null ? [] : driftLines(ref, drift)),
  ];
}

function driftLines(ref: string, { by, at, removed, fields }: NonNullable<Change['drift']>): string[] {
  const who = `${by === null ? '' : ` by ${by}`}${at === null ? '' : `, ${formatTime(at)}`}`;
  if (removed) return [`  ! ${ref} was removed since the last apply${who}`];
  return [
    `  ! ${ref} was changed since the last apply${who}`,
    ...fields.map(({ field, from, to }) => `      ${field}: ${say(from)} -> ${say(to)}`),
  ];
}

function say(value: string | null): string {
  return value ?? '(nothing)';
}
