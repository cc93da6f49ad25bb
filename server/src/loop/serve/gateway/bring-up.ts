import { BringUpFailure } from '../../../engines/bring-up-failure.ts';
import { defaultPool } from '../../../engines/engine.ts';
import { type BringUpProgress, openProvenEngine, type ProvenEngine } from '../../../engines/open-proven-engine.ts';
import type { Config } from '../../../platform/config/config.ts';
import type { Log } from '../../../platform/log.ts';
import type { Marker } from '../../../platform/processes/kill-tree.ts';
import type { DesiredDeployment, DesiredEndpoint } from '../../deploy/index.ts';
import type { ControlServer } from './control-server.ts';
import { fetchDeployment } from './deployment-files.ts';
import type { GatewayFolder } from './gateway-folder.ts';

/** A deployment and what its endpoint says about it. */
export interface Target {
  readonly endpoint: string;
  readonly deployment: DesiredDeployment;
  readonly prediction: DesiredEndpoint['prediction'];
  readonly workers: number | null;
  readonly timeoutMs: number;
}

/** An engine that reproduced the golden answers, and may get traffic. */
export type Serving = ProvenEngine;

export interface BringUpParts {
  readonly config: Pick<Config, 'python'>;
  readonly folder: GatewayFolder;
  readonly server: ControlServer;
  readonly log: Log;
  /** Carried by all workers of this gateway. */
  readonly marker: Marker;
  readonly signal: AbortSignal;
  readonly progress: BringUpProgress;
}

/** Fetches a deployment and proves its engine. @throws BringUpFailure; anything else may pass and is worth another try */
export async function bringUp(parts: BringUpParts, target: Target): Promise<Serving> {
  const { deployment, prediction: meaning, workers, timeoutMs } = target;
  const { id: name, golden, engine, conversion_reason, requirements, python } = deployment;
  if (golden === null) {
    throw new BringUpFailure({ reason: 'There are no golden requests, so that nothing can be proved.', engine: null });
  }
  parts.progress.preparing('fetching the files');
  const files = await fetchDeployment(parts, parts.folder, { ...deployment, golden });
  const onLoss = (reason: string) => parts.log.warn({ deployment: name, reason }, 'a worker was lost');
  return openProvenEngine(
    { ...parts, onLoss },
    {
      ...{ name, modelId: deployment.model.id, files, engine, meaning },
      conversionReason: conversion_reason,
      python: { requirements, python },
      pool: {
        ...defaultPool,
        ...(workers === null ? {} : { workers }),
        // Whoever may wait longer must not lose his worker before.
        stuckMs: Math.max(defaultPool.stuckMs, timeoutMs),
      },
    },
  );
}
