/** The door of the stage: what later stages may call. */

export { type DeployRequest, deployVersion } from './deploy-version.ts';
export { findDeployment, listDeployments, listDeploymentsOf } from './deployment.store.ts';
export { type Deployment, type DeploymentState, deploymentRef, type ModelVersion, versionRef } from './deployment.ts';
export * from './desired-state.schema.ts';
export { findEndpoint, listEndpoints } from './endpoint.store.ts';
export { type Endpoint, endpointRef } from './endpoint.ts';
export { gatewaysOnly } from './gateway.routes.ts';
export { registeredModels } from './registered-models.ts';
export { setTraffic } from './set-traffic.ts';
export { type Traffic, trafficProblem } from './traffic.ts';
