import { writeRows } from '../../../platform/parquet/write-rows.ts';
import type { Ground } from './ground.ts';
import type { Step } from './record-step.ts';
import { layOut } from './row-layout.ts';

/** The spans of event time that a firing takes. */
export interface Spans {
  /** Labels count as they were at this moment of the server's clock. */
  readonly asOf: number;
  /** End of training and begin of the holdout. */
  readonly until: number;
  readonly maturedUntil: number;
  /** Rows before are left out of training; null: none. */
  readonly cut: number | null;
}

/** Captured rows of a span as a table; answers how many. */
export async function writeSpan(
  { parts, ports, firing, run }: Step,
  { layout, scratch }: Ground,
  {
    from,
    until,
    file,
    spans,
  }: { readonly from: number; readonly until: number; readonly file: string; readonly spans: Spans },
): Promise<number> {
  if (from >= until) return 0;
  async function* batches() {
    const span = { endpoint: firing.endpoint, from, until, asOf: spans.asOf };
    for await (const rows of ports.readLabelled(parts, span)) {
      run.signal.throwIfAborted();
      if (rows.length > 0) yield rows.map((row) => layOut(layout, row));
    }
  }
  const { rows } = await writeRows(batches(), { file, columns: layout.columns, scratch, signal: run.signal });
  return rows;
}
