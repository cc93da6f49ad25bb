import type { Met } from './triggers.ts';
import type { Outcome } from './world.ts';

export type FiringState = 'fired' | 'freezing' | 'training' | 'registering' | 'evaluating' | 'rolling_out' | 'done';

/** One table of a training version, and the event times [from, until) of its rows. */
export interface Block {
  readonly path: string;
  readonly from: number;
  readonly until: number;
  readonly rows: number;
}

/** What a firing froze. */
export interface Frozen {
  /** Blocks of captured rows in the training version, oldest first. */
  readonly blocks: readonly Block[];
  /** Labelled rows that are new against the firing before. */
  readonly newRows: number;
  /** End of the captured rows in the training version; null: it has none. */
  readonly trainedUntil: number | null;
  /** Event times [from, until) of the holdout; null when people pushed it. */
  readonly holdout: { readonly from: number; readonly until: number; readonly rows: number } | null;
}

export interface Firing {
  readonly id: string;
  readonly policy: string;
  readonly policyVersion: number;
  /** 1, 2, … of its policy. */
  readonly number: number;
  readonly endpoint: string;
  readonly state: FiringState;
  /** The triggers that were met. */
  readonly met: readonly Met[];
  readonly eventTime: number | null;
  /** End of the newest window whose labels had matured. */
  readonly maturedUntil: number | null;
  /** Labels count as they were at this moment of the server's clock. */
  readonly asOf: number | null;
  readonly frozen: Frozen | null;
  /** Number of the pushed dataset version that it builds on. */
  readonly base: number | null;
  /** `dataset:flights@7` */
  readonly training: string | null;
  readonly holdout: string | null;
  /** The job as it was asked for. */
  readonly jobRequest: unknown;
  readonly job: string | null;
  /** `version:flights/4` */
  readonly version: string | null;
  readonly champion: string | null;
  readonly decision: string | null;
  readonly rollout: string | null;
  readonly outcome: Outcome | null;
  /** One sentence for a person, once it is done. */
  readonly summary: string | null;
  readonly nextStep: string | null;
  /** What it waits for just now. */
  readonly progress: string | null;
  readonly actor: string;
  readonly cause: string | null;
  /** Id of its newest event: the cause of what it does next. */
  readonly lastEvent: string | null;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly endedAt: number | null;
}
