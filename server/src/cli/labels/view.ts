import type { Io } from '../command.ts';
import { formatCount, plural } from '../data/format.ts';

export interface Receipt {
  readonly received: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly censored: number;
  readonly refusals: readonly { readonly line: number; readonly problem: string }[];
}

/** `4 labels: 3 accepted, 1 repeated`; what is zero is left out. */
export function formatOutcomes({ received, outcomes }: Pick<Receipt, 'received' | 'outcomes'>): string {
  const parts = Object.entries(outcomes).flatMap(([name, count]) =>
    count > 0 ? [`${formatCount(count)} ${name}`] : [],
  );
  return [plural(received, 'label'), parts.join(', ')].filter((part) => part !== '').join(': ');
}

/** The result, and what was wrong with the lines that are none. */
export function printReceipt(io: Pick<Io, 'json' | 'print' | 'note' | 'printJson'>, receipt: Receipt): void {
  if (io.json) {
    io.printJson(receipt);
    return;
  }
  io.print(formatOutcomes(receipt));
  const { invalid = 0, unknown = 0 } = receipt.outcomes;
  for (const { line, problem } of receipt.refusals) io.note(`line ${line}: ${problem}`);
  if (invalid > receipt.refusals.length) io.note(`… and ${formatCount(invalid - receipt.refusals.length)} more.`);
  if (unknown > 0) io.note('Labels of unknown predictions wait, and are joined when these arrive.');
}

/** A number, true or false where it reads as one, else the text itself. */
export function parseWord(text: string): number | boolean | string {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
