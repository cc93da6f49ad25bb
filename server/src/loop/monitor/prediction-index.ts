/** One row of an answered request, as labels find it. */
export interface IndexedPrediction {
  /** UUIDv7 of the request. */
  readonly id: string;
  /** From 0. */
  readonly row: number;
  /** Rows of the request. */
  readonly rowCount: number;
  /** Milliseconds, the users' world. */
  readonly eventTime: number;
  /** `version:flights/3` */
  readonly version: string;
  /** Id of the deployment. */
  readonly deployment: string;
  /** What it is about, as declared; null: nobody said. */
  readonly key: string | null;
  /** A probability or a value is a number, a class is a text; null: the answer has no such thing. */
  readonly prediction: number | string | null;
}
