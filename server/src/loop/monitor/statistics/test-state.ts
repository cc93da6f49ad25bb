/**
 * `ok` · `changed_small` (significant, below the floor: shown, never alarmed) · `alarm` · `insufficient` (too few rows or windows) ·
 * `learning` (fewer than 4 reference windows: nothing alarms) · `not_applicable` (no values to compare) · `error` (the numbers don't
 * belong together).
 */
export type TestState = 'ok' | 'changed_small' | 'alarm' | 'insufficient' | 'learning' | 'not_applicable' | 'error';

/** Below this many reference windows nothing alarms. */
const LEARNING_BELOW = 4;

/** Below this many the result says that what windows differ by is measured from few. */
const FEW_BELOW = 8;

export function isLearning(referenceWindows: number): boolean {
  return referenceWindows < LEARNING_BELOW;
}

export function isFew(referenceWindows: number): boolean {
  return referenceWindows < FEW_BELOW;
}

/** What there is to say about the number of reference windows, for a person; `null` when there are enough. */
export function referenceNote(windows: number): string | null {
  const counted = windows === 1 ? '1 reference window' : `${windows} reference windows`;
  if (isLearning(windows)) {
    return `${counted}: nothing alarms below ${LEARNING_BELOW}; the p-value takes rows as independent, uncorrected for windows that differ by themselves`;
  }
  return isFew(windows)
    ? `${counted}: at least ${FEW_BELOW} are needed to know well how much windows differ by themselves`
    : null;
}
