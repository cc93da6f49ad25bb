/** `queued` waits for its time, `running` is leased, the rest is over. */
export type JobState = 'queued' | 'running' | 'done' | 'dead';

export interface BackgroundJobTable {
  id: string;
  workspace: string;
  kind: string;
  key: string | null;
  payload: string;
  state: JobState;
  run_at: number;
  attempt: number;
  max_attempts: number;
  epoch: number;
  /** Identity of the worker's process, JSON. */
  owner: string | null;
  lease_until: number | null;
  error: string | null;
  created_at: number;
  finished_at: number | null;
}

export interface JobTables {
  background_jobs: BackgroundJobTable;
}
