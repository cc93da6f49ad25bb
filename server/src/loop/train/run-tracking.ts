import type { Db, Trx } from '../../database.ts';
import type { MlflowDataset } from '../data/index.ts';

export interface NewAttemptRun {
  /** 32 hex digits, chosen by us so that the row of the attempt can name it. */
  readonly id: string;
  /** Name of the experiment; made when there is none. */
  readonly experiment: string;
  readonly name: string;
  readonly user: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly inputs: readonly { readonly dataset: MlflowDataset; readonly tags: Readonly<Record<string, string>> }[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** What this stage needs of `track`: each attempt is a run of its own. */
export interface RunTracking {
  /** In the transaction in which the attempt starts. */
  start(trx: Trx, run: NewAttemptRun): Promise<void>;
  /** Id of the experiment of a run. */
  experimentOf(db: Db, run: string): Promise<string>;
  /** In the transaction in which the attempt ends. */
  end(trx: Trx, run: string, status: 'FINISHED' | 'FAILED' | 'KILLED', endedAt: number): Promise<void>;
}
