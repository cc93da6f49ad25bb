/** A number that this server tells Prometheus about itself, read when somebody asks. */
export interface Metric {
  /** `bucle_…`, base units, `_total` for counters. */
  readonly name: string;
  readonly help: string;
  readonly kind: 'gauge' | 'counter';
  /** Bounded ones only: never an id of a prediction, a key or a value of a feature. */
  readonly labels: readonly string[];
  read(): Promise<readonly Sample[]>;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
