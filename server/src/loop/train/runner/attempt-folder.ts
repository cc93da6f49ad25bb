import { join } from 'node:path';
import type { ProcessIdentity } from '../../../platform/processes/identity.ts';

/** What the runner is told; written whole before it starts, never changed after. */
export interface AttemptSpec {
  /** `JOB/N`: the value of the marker that everything of this attempt carries. */
  readonly attempt: string;
  readonly command: readonly string[];
  /** Environment of the command, whole. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds of run time; `null`: as long as it takes. */
  readonly timeLimitMs: number | null;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Bytes of log kept from the start; of what comes later only the end is kept. */
  readonly logHeadBytes: number;
  readonly logTailBytes: number;
  /** How the golden requests are recorded after success; `null`: not at all. */
  readonly golden: GoldenSpec | null;
}

export interface GoldenSpec {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeLimitMs: number;
  /** Where the control server answers: recording waits until it does. */
  readonly serverUrl: string;
  /** How long to wait for it. */
  readonly patienceMs: number;
}

/** Why the server wants the attempt to end. */
export interface StopRequest {
  readonly reason: 'cancelled' | 'timeout';
}

/** The command ended; written before anything else is done about it. */
export interface ExitRecord {
  readonly ended: 'exited' | 'timeout' | 'cancelled' | 'interrupted' | 'lost';
  /** Exit code of the command; `null` when a signal ended it, or nobody saw it end. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The system killed something of the attempt for want of memory. */
  readonly oom: boolean;
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface GoldenRecord {
  /** False: a model cannot be loaded in the environment that made it. */
  readonly loadable: boolean;
  /** Why not, or why nothing was recorded. */
  readonly reason: string | null;
  /** What the recorder printed about each model. */
  readonly report: unknown;
}

/** The last word of the runner. */
export interface FinalRecord {
  readonly exit: ExitRecord;
  readonly golden: GoldenRecord | null;
}

export interface ChildRecord {
  readonly identity: ProcessIdentity | null;
  readonly pid: number;
}

/** Everything that marks a process as part of an attempt. */
export const ATTEMPT_MARKER = 'BUCLE_ATTEMPT';

/** Where things lie in the folder of an attempt. */
export function attemptFiles(folder: string) {
  const state = join(folder, 'state');
  return {
    spec: join(folder, 'spec.json'),
    work: join(folder, 'work'),
    log: join(folder, 'log'),
    /** What the runner itself has to say. */
    runnerLog: join(folder, 'runner.log'),
    state,
    /** Held by the runner; its time of change is the runner's sign of life. */
    lock: join(state, 'runner.lock'),
    /** The attempt is over for the server: no runner may start it any more. */
    closed: join(state, 'closed'),
    stop: join(state, 'stop.json'),
    intent: join(state, 'intent.json'),
    child: join(state, 'child.json'),
    exit: join(state, 'exit.json'),
    final: join(state, 'final.json'),
  };
}

export type AttemptFiles = ReturnType<typeof attemptFiles>;
