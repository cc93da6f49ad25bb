const MOST = 100_000;

/** An even sample of a stream of rows, by column: every row, then every second one, every fourth … */
export class ValueSample {
  readonly #columns: readonly string[];
  #values: unknown[][];
  #every = 1;
  #seen = 0;

  constructor(columns: readonly string[]) {
    this.#columns = columns;
    this.#values = columns.map(() => []);
  }

  /** Rows of the columns that the sample was made for, in their order. */
  add(rows: readonly (readonly unknown[])[]): void {
    for (const row of rows) {
      if (this.#seen % this.#every === 0) for (const [at, values] of this.#values.entries()) values.push(row[at]);
      this.#seen += 1;
      if ((this.#values[0]?.length ?? 0) >= 2 * MOST) this.#thin();
    }
  }

  get rows(): number {
    return this.#seen;
  }

  of(column: string): readonly unknown[] {
    return this.#values[this.#columns.indexOf(column)] ?? [];
  }

  #thin(): void {
    this.#values = this.#values.map((values) => values.filter((_value, at) => at % 2 === 0));
    this.#every *= 2;
  }
}
