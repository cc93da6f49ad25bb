import type { Stage } from '../context.ts';

/** The loop, in order. Loaded when a role needs it, so that the CLI starts without it. */
export async function loadStages(): Promise<readonly Stage[]> {
  const { runTracking } = await import('./track/index.ts');
  const { trackStage } = await import('./track/stage.ts');
  const { dataStage } = await import('./data/stage.ts');
  const { createTrainStage } = await import('./train/stage.ts');
  const { registryStage } = await import('./registry/stage.ts');
  const { registeredModels } = await import('./deploy/index.ts');
  const { createDeployStage } = await import('./deploy/stage.ts');
  const { serveStage } = await import('./serve/stage.ts');
  const first = [trackStage, dataStage, createTrainStage(runTracking)];
  return [...first, registryStage, createDeployStage(registeredModels), serveStage];
}

export const loadGateway = () => import('./serve/gateway-main.ts');

export const loadRunner = () => import('./train/runner/runner-main.ts');
