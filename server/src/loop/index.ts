import type { Stage } from '../context.ts';

/** The loop, in order. Loaded when a role needs it, so that the CLI starts without it. */
export async function loadStages(): Promise<readonly Stage[]> {
  const { dataStage } = await import('./data/stage.ts');
  return [dataStage];
}

export const loadGateway = () => import('./serve/gateway-main.ts');

export const loadRunner = () => import('./train/runner/runner-main.ts');
