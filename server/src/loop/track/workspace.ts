/** Every row of this server belongs to one workspace; there is one for now. */
export const WORKSPACE = 'default';

/** Soft deletion, as MLflow has it: what is deleted can be restored. */
export type Lifecycle = 'active' | 'deleted';

/** A tag or a param. */
export interface Pair {
  readonly key: string;
  readonly value: string;
}
