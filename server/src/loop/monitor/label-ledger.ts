import { type Judgement, judgeLabel, type LabelOutcome, type PastLabel } from './label.ts';
import { addressOf, type PredictionRow } from './prediction-index.store.ts';

export interface LedgerInput {
  /** Labels that the predictions have, by `ID.k`, in order of receipt. */
  readonly histories: ReadonlyMap<string, readonly PastLabel[]>;
  /** True when the window of a prediction at this event time is final. */
  readonly isFinal: (eventTime: number) => boolean;
  /** The server's clock. */
  readonly now: number;
}

/** Judges labels one after another, each knowing what became of those before it. */
export interface LabelLedger {
  judge(prediction: PredictionRow, label: PastLabel & { readonly timed: boolean }): Judgement;
  /** Predictions with what has to be written of their current labels. */
  readonly changed: ReadonlyMap<string, PredictionRow>;
  /** Event times of predictions whose current label says something else now. */
  readonly moved: readonly number[];
}

export function openLedger({ histories: known, isFinal, now }: LedgerInput): LabelLedger {
  const histories = new Map([...known].map(([address, past]) => [address, [...past]]));
  const changed = new Map<string, PredictionRow>();
  const moved: number[] = [];
  return {
    changed,
    moved,
    judge(found, label) {
      const address = addressOf(found);
      const prediction = changed.get(address) ?? found;
      const history = histories.get(address) ?? [];
      const judgement = judgeLabel(history, label, { final: isFinal(prediction.event_time) });
      if (judgement.keep) histories.set(address, [...history, label]);
      if (judgement.leads) {
        const says = judgement.outcome === 'repeated' ? {} : contentOf(label, now);
        changed.set(address, { ...prediction, ...says, label_order: label.labelTime });
        if (judgement.outcome !== 'repeated') moved.push(prediction.event_time);
      }
      return judgement;
    },
  };
}

function contentOf({ value, censored, labelTime }: PastLabel, now: number): Partial<PredictionRow> {
  return { label: value, censored, label_time: labelTime, labelled_at: now };
}

/** Adds up outcomes. */
export function tally(outcomes: readonly LabelOutcome[], into: Record<LabelOutcome, number>): void {
  for (const outcome of outcomes) into[outcome] += 1;
}
