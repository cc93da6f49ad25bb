/** The door of the stage: what later parts may call. */

export { boundPorts } from './bind-ports.ts';
export { type DeclarePolicy, declarePolicy, removePolicy } from './declare-policy.ts';
export { firePolicy } from './fire-policy.ts';
export { findFiring, listFirings } from './firing.store.ts';
export type { Firing, FiringState } from './firing.ts';
export { PolicyDeclaration, policyProperties, readPolicy, toPolicyDeclaration } from './policy.schema.ts';
export { findPolicy, listPolicies } from './policy.store.ts';
export { firingRef, type Policy, policyRef, type StoredPolicy } from './policy.ts';
export { cronProblem, nextOccurrence } from './schedule.ts';
