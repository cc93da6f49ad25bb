import { type Clock, systemClock } from '../../platform/clock.ts';
import type { Config } from '../../platform/config/config.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { createLog, type Log } from '../../platform/log.ts';
import { killMarked, type Marker } from '../../platform/processes/kill-tree.ts';
import type { DesiredState } from '../deploy/index.ts';
import { deliverCaptures } from './capture/deliver-captures.ts';
import { openCaptureLog } from './capture/open-capture-log.ts';
import { controlServer } from './gateway/control-server.ts';
import { countArms } from './gateway/count-arms.ts';
import { Fleet } from './gateway/fleet.ts';
import { openGatewayFolder } from './gateway/gateway-folder.ts';
import { holdFolder } from './gateway/hold-folder.ts';
import { keepLastState, readLastState } from './gateway/last-state.ts';
import { pullState } from './gateway/pull-state.ts';
import { reportObservations } from './gateway/report-observations.ts';
import { comparedEndpoints, tellCounts } from './gateway/tell-counts.ts';
import { createGatewayApp } from './http/gateway-app.ts';

/** Parts that a test swaps. */
export interface GatewayOverrides {
  readonly clock?: Clock;
  readonly log?: Log;
}

export interface Gateway extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
}

/**
 * Answers callers of models by what it was told last, at first from its own disk; the control server may be away
 * all the time. Disposing answers what was accepted, and syncs what was captured. @throws SERVE_ALREADY_RUNNING
 */
export async function startGateway(config: Config, overrides: GatewayOverrides = {}): Promise<Gateway> {
  const clock = overrides.clock ?? systemClock;
  const log = overrides.log ?? createLog(config.logLevel, 'gateway');
  await using opening = new AsyncDisposableStack();
  const folder = await openGatewayFolder(config.dataDir);
  opening.use(await holdFolder(folder));
  const marker: Marker = { name: 'BUCLE_GATEWAY', value: folder.id };
  // Workers of a gateway that was killed may still be computing for nobody.
  await killMarked(marker);
  const captures = opening.use(
    await openCaptureLog({ folder: folder.captures, budgetBytes: config.captureLogBudget, clock, log }),
  );
  const server = controlServer(config);
  let state: DesiredState | null = await readLastState(folder);
  let ending = false;
  // Counters begin at 0 with each start: the server adds up what the lives of a gateway counted.
  const boot = uuidv7();
  let news = () => {};
  const fleet = opening.use(new Fleet({ config, folder, server, log, clock, marker }, () => news()));
  if (state) fleet.apply(state);
  const arms = countArms();
  const app = createGatewayApp({
    ...{ config, log, clock, fleet, captures, arms },
    tokens: () => state?.tokens ?? [],
    isReady: () => !ending && state !== null && fleet.isSettled(),
  });
  opening.defer(() => app.close());
  const listening = await app.listen({ host: config.host, port: config.gatewayPort });
  const url = config.gatewayPort === 0 ? listening : config.gatewayUrl;
  const reporter = opening.use(
    reportObservations({ server, log }, () => ({
      ...{ gateway: folder.id, url, revision: state?.revision ?? 0, observations: fleet.observations() },
      ...{ boot, counters: arms.counters(comparedEndpoints(fleet)) },
    })),
  );
  news = () => reporter.news();
  opening.use(tellCounts({ fleet, arms }, news));
  opening.use(
    pullState(
      { server, log },
      {
        revision: () => state?.revision ?? null,
        async onState(pulled) {
          await keepLastState(folder, pulled).catch((error: unknown) =>
            log.error({ err: error }, 'the desired state was not kept; a restart would not know it'),
          );
          state = pulled;
          fleet.apply(pulled);
        },
      },
    ),
  );
  opening.use(deliverCaptures({ captures, server, gateway: folder.id, log }));
  opening.defer(() => {
    ending = true;
  });
  log.info({ url: listening, gateway: folder.id, revision: state?.revision ?? null }, 'gateway ready');
  const running = opening.move();
  return { url: listening, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}
