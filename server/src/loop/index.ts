import type { Stage } from '../context.ts';

/** The loop, in order. Loaded when a role needs it, so that the CLI starts without it. */
export async function loadStages(): Promise<readonly Stage[]> {
  const { runTracking } = await import('./track/index.ts');
  const { trackStage } = await import('./track/stage.ts');
  const { dataStage } = await import('./data/stage.ts');
  const { createTrainStage } = await import('./train/stage.ts');
  const { createEvaluateStage } = await import('./evaluate/stage.ts');
  const { registryStage } = await import('./registry/stage.ts');
  const { createEvaluatedModels, registeredModels } = await import('./deploy/index.ts');
  const { createDeployStage } = await import('./deploy/stage.ts');
  const { serveStage } = await import('./serve/stage.ts');
  const { monitorStage } = await import('./monitor/stage.ts');
  const { boundPorts } = await import('./retrain/index.ts');
  const { createRetrainStage } = await import('./retrain/stage.ts');
  const first = [
    trackStage,
    dataStage,
    createTrainStage(runTracking),
    createEvaluateStage(createEvaluatedModels(registeredModels)),
  ];
  return [
    ...first,
    registryStage,
    createDeployStage(registeredModels),
    serveStage,
    monitorStage,
    createRetrainStage(boundPorts),
  ];
}

export const loadGateway = () => import('./serve/gateway-main.ts');

export const loadRunner = () => import('./train/runner/runner-main.ts');
