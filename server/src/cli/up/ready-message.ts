import { type Config, parseConfig } from '../../platform/config/config.ts';
import { readSettings } from '../../platform/config/settings.ts';
import type { Io } from '../command.ts';

export interface ReadyFacts {
  readonly config: Config;
  readonly pids: { readonly server: number; readonly gateway: number };
  readonly adopted: readonly string[];
  readonly seconds: number;
  /** True when nobody holds the terminal. */
  readonly detached?: boolean;
}

/** Where things are, what to copy, what to do next. */
export function printReady(io: Pick<Io, 'print' | 'printJson' | 'note' | 'json' | 'env'>, facts: ReadyFacts): void {
  const { config, pids, adopted, seconds, detached = false } = facts;
  if (io.json) {
    io.printJson({
      server_url: config.serverUrl,
      gateway_url: config.gatewayUrl,
      data: config.dataDir,
      processes: pids,
      adopted,
    });
    return;
  }
  const kept = adopted.length === 0 ? '' : ` (${adopted.join(' and ')} ran already, and stayed)`;
  io.note(`Bucle is ready in ${seconds.toFixed(1)} s${kept}.`);
  io.print(`server   ${config.serverUrl}   API, MLflow clients`);
  io.print(`gateway  ${config.gatewayUrl}   callers of models`);
  io.print(`data     ${config.dataDir}`);
  io.note('');
  io.note(`  export MLFLOW_TRACKING_URI=${config.serverUrl}`);
  // Other commands find the server by the defaults; where those do not lead here they must be told.
  if (parseConfig(readSettings(io.env)).serverUrl !== config.serverUrl) {
    io.note(`  export BUCLE_URL=${config.serverUrl}`);
  }
  io.note('');
  io.note('Next: bucle data push NAME PATH   bucle jobs run -- python train.py   bucle status');
  const stop = detached ? `Stop: bucle down --data ${config.dataDir}` : 'Stop: Ctrl-C';
  io.note(`${stop} (jobs that run go on).   Logs: ${config.dataDir}/logs`);
}
