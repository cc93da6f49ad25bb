import type { PredictionMeaning } from '../deploy/index.ts';
import { toLabel } from '../evaluate/index.ts';

/** What became of a label that was sent. Each gets exactly one, so that they add up to what was sent. */
export const labelOutcomes = [
  /** The first label of its prediction. */
  'accepted',
  /** The first label of its prediction, after the window of the prediction was final: the window gets a revision. */
  'late',
  /** Says something else than the current label, and is newer: it is the current one now. */
  'corrected',
  /** Says something else than a label with the very same time: of these the one received last holds. */
  'contradictory',
  /** Says what was known: nothing changes. */
  'repeated',
  /** Says something else than the current label, and is older: it is kept, and the current one stays. */
  'superseded',
  /** No such prediction (yet): it is kept, and joined when the prediction arrives. */
  'unknown',
  /** Cannot be a label of this endpoint; it is not kept. */
  'invalid',
] as const;

export type LabelOutcome = (typeof labelOutcomes)[number];

export type OutcomeCounts = Readonly<Record<LabelOutcome, number>>;

/** Which prediction a label is about. */
export type LabelAddress =
  | {
      readonly kind: 'id';
      readonly id: string;
      /** Null: the request has one row. */
      readonly row: number | null;
    }
  | {
      readonly kind: 'key';
      readonly key: string;
      /** The newest prediction with the key at or before this event time; null: the newest of all. */
      readonly aboutTime: number | null;
    };

/** The truth about a prediction, or why there will be none. */
export interface LabelContent {
  /** JSON: 0 or 1 for a probability, text for a class, a number for a value; null when censored. */
  readonly value: string | null;
  /** Why the truth will never be known; null: it is. */
  readonly censored: string | null;
}

export interface Label extends LabelContent {
  readonly address: LabelAddress;
  /** When the label held in the users' world, milliseconds; null: nobody said, so it is its receipt. */
  readonly labelTime: number | null;
}

/** A label as the history of one prediction has it. */
export interface PastLabel extends LabelContent {
  readonly labelTime: number;
}

export interface Judgement {
  readonly outcome: LabelOutcome;
  /** It goes into the history. */
  readonly keep: boolean;
  /** From here on labels must be as new as this one to hold. */
  readonly leads: boolean;
}

/**
 * What becomes of a label of a known prediction. The current label is the newest by label time, and by order of receipt
 * where times are equal; so the same labels lead to the same one in any order, as long as their times differ.
 */
export function judgeLabel(
  history: readonly PastLabel[],
  label: PastLabel & { readonly timed: boolean },
  window: { readonly final: boolean },
): Judgement {
  const current = currentLabel(history);
  if (current === null) return { outcome: window.final ? 'late' : 'accepted', keep: true, leads: true };
  const sameTime = history.filter(({ labelTime }) => labelTime === label.labelTime);
  const repeats = sameContent(current, label);
  if (sameTime.some((past) => sameContent(past, label)) || (repeats && !label.timed)) return known;
  if (sameTime.length > 0) {
    return { outcome: 'contradictory', keep: true, leads: label.labelTime >= current.labelTime };
  }
  if (label.labelTime < current.labelTime) return repeats ? known : superseded;
  // The same truth, seen again later, outlasts what an older label may still say.
  return { outcome: repeats ? 'repeated' : 'corrected', keep: true, leads: true };
}

const known: Judgement = { outcome: 'repeated', keep: false, leads: false };
const superseded: Judgement = { outcome: 'superseded', keep: true, leads: false };

/** History in order of receipt. */
export function currentLabel<Past extends PastLabel>(history: readonly Past[]): Past | null {
  let current: Past | null = null;
  for (const past of history) if (current === null || past.labelTime >= current.labelTime) current = past;
  return current;
}

export function sameContent(one: LabelContent, other: LabelContent): boolean {
  return one.value === other.value && one.censored === other.censored;
}

const LONGEST_TEXT = 1_000;

/** The canonical form of a truth, as JSON; null when it cannot be one of such predictions. */
export function labelValue(value: unknown, meaning: PredictionMeaning | null): string | null {
  if (typeof value !== 'string' && typeof value !== 'boolean' && typeof value !== 'number') return null;
  if (String(value).length > LONGEST_TEXT || String(value).includes('\0')) return null;
  const read = meaning === null ? value : toLabel(numeric(value, meaning), meaning.kind);
  return read === null || (typeof read === 'number' && !Number.isFinite(read)) ? null : JSON.stringify(read);
}

/** Files of text write numbers as text. */
function numeric(value: string | boolean | number, { kind }: PredictionMeaning): string | boolean | number {
  return kind === 'value' && typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
}

/** What a label of such predictions has to be, for people. */
export function expectedValue(meaning: PredictionMeaning | null): string {
  if (meaning?.kind === 'probability') return '0 or 1 (or false and true)';
  if (meaning?.kind === 'value') return 'a finite number';
  return `a text of up to ${LONGEST_TEXT} characters or a number`;
}

export function noOutcomes(): Record<LabelOutcome, number> {
  return Object.fromEntries(labelOutcomes.map((name) => [name, 0])) as Record<LabelOutcome, number>;
}
