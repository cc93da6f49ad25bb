/** The door of the stage: what later stages may call. */

export { putEndpoint } from './declare-endpoint.ts';
export { type DeployRequest, deployVersion } from './deploy-version.ts';
export { findDeployment, listDeployments, listDeploymentsOf } from './deployment.store.ts';
export { type Deployment, type DeploymentState, deploymentRef, type ModelVersion, versionRef } from './deployment.ts';
export * from './desired-state.schema.ts';
export { findEndpoint, listEndpoints } from './endpoint.store.ts';
export { type Declaration, type Endpoint, endpointRef } from './endpoint.ts';
export { createEvaluatedModels } from './evaluated-models.ts';
export { gatewaysOnly } from './gateway.routes.ts';
export { inputColumns } from './input-columns.ts';
export type { Ground } from './promotion.ts';
export { registeredModels } from './registered-models.ts';
export { removeEndpoint } from './retire-deployment.ts';
export {
  abortRollout,
  holdRollout,
  promoteRollout,
  type RolloutAct,
  resumeRollout,
  undoRollout,
} from './rollout/end-rollout.ts';
export { latencyBin } from './rollout/latency-bins.ts';
export { findOpenRollout, findRollout, listRollouts } from './rollout/rollout.store.ts';
export {
  defaultGuards,
  defaultRollout,
  type GuardPlan,
  isOpen as isOpenRollout,
  planProblem,
  type Rollout,
  type RolloutPlan,
  type RolloutState,
  type RolloutStep,
  rolloutRef,
} from './rollout/rollout.ts';
export { type RolloutRequest, startRollout } from './rollout/start-rollout.ts';
export { setTraffic } from './set-traffic.ts';
export { type Traffic, trafficProblem } from './traffic.ts';
