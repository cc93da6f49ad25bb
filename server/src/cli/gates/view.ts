/** What the server says of a gate; see /openapi.json. */
export interface Gate {
  readonly name: string;
  readonly metric: string;
  readonly margin: number;
  readonly minimum_rows: number;
  readonly slices: readonly string[];
  readonly slice_margin: number;
  readonly slice_minimum_rows: number;
  readonly max_latency_ratio: number | null;
  readonly guards: readonly { readonly metric: string; readonly margin: number }[];
  readonly limit: number | null;
  readonly revision: number;
}
