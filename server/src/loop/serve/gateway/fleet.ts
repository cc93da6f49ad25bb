import type { DesiredDeployment, DesiredEndpoint, DesiredState, Observation } from '../../deploy/index.ts';
import type { Target } from './bring-up.ts';
import { type DeploymentParts, type RunningDeployment, runDeployment } from './run-deployment.ts';
import { sweepFolder } from './sweep-folder.ts';
import { type Split, splitInForce } from './traffic-split.ts';

/** An endpoint as this gateway serves it now. */
export interface ServedEndpoint {
  readonly desired: DesiredEndpoint;
  readonly deployments: ReadonlyMap<string, RunningDeployment>;
  readonly split: Split;
}

/** Milliseconds that an answer may take when its endpoint does not say. */
export const DEFAULT_TIMEOUT_MS = 60_000;

/** All deployments of this gateway, and which of them answer. */
export class Fleet implements AsyncDisposable {
  readonly #parts: DeploymentParts;
  readonly #onChange: () => void;
  readonly #running = new Map<string, RunningDeployment>();
  /** Others of the same ids, with another number of workers: they take over when they are ready. */
  readonly #replacing = new Map<string, RunningDeployment>();
  /** Answer what they had accepted. */
  readonly #draining = new Map<RunningDeployment, Promise<void>>();
  #served = new Map<string, ServedEndpoint>();
  #desired: DesiredState | null = null;
  #applying = false;

  constructor(parts: DeploymentParts, onChange: () => void) {
    this.#parts = parts;
    this.#onChange = onChange;
  }

  /** Brings what runs to what is desired; returns at once, the work goes on. */
  apply(state: DesiredState): void {
    const first = this.#desired === null;
    this.#desired = state;
    this.#applying = true;
    for (const endpoint of state.endpoints) {
      for (const deployment of endpoint.deployments) {
        if (!isConverting(deployment)) this.#start(toTarget(endpoint, deployment));
      }
    }
    this.#applying = false;
    this.#settle();
    if (first) void this.#sweep();
  }

  endpoint(name: string): ServedEndpoint | undefined {
    return this.#served.get(name);
  }

  endpoints(): ServedEndpoint[] {
    return [...this.#served.values()];
  }

  /** False while an endpoint with traffic has nobody to answer, and somebody is still coming up for it. */
  isSettled(): boolean {
    return this.endpoints().every(({ desired, deployments, split }) => {
      if (Object.keys(split).length > 0) return true;
      const named = Object.keys(desired.traffic).map((id) => deployments.get(id)?.status.state);
      return named.every((state) => state === undefined || state === 'failed');
    });
  }

  observations(): Observation[] {
    return [...this.#running.values()].map(({ target, status }) => {
      const { state, engine, reason, parity, onnxParity, since } = status;
      const { id } = target.deployment;
      const traffic = this.#served.get(target.endpoint)?.split[id] ?? 0;
      const about = { deployment: id, endpoint: target.endpoint };
      return { ...about, state, engine, reason, parity, onnx_parity: onnxParity, traffic, since };
    });
  }

  /** Answers what was accepted, then ends all workers. */
  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#running.values(), ...this.#replacing.values()];
    await Promise.all(all.map((deployment) => deployment[Symbol.asyncDispose]()));
    await Promise.all(this.#draining.values());
  }

  #start(target: Target): void {
    const { id } = target.deployment;
    const former = this.#running.get(id);
    if (!former) {
      this.#running.set(id, this.#run(target));
      return;
    }
    const coming = this.#replacing.get(id);
    if ((coming ?? former).target.workers === target.workers) return;
    if (coming) this.#close(coming);
    this.#replacing.delete(id);
    if (former.target.workers !== target.workers) this.#replacing.set(id, this.#run(target));
  }

  #run(target: Target): RunningDeployment {
    return runDeployment(this.#parts, target, () => this.#settle());
  }

  #settle(): void {
    if (this.#desired === null || this.#applying) return;
    this.#takeOver();
    const { endpoints } = this.#desired;
    const splits = new Map(endpoints.map((endpoint) => [endpoint.name, this.#split(endpoint)]));
    // What is no longer desired goes as soon as nobody is sent to it.
    const wanted = new Set([
      ...endpoints.flatMap(({ deployments }) => deployments.map(({ id }) => id)),
      ...[...splits.values()].flatMap((split) => Object.keys(split)),
    ]);
    for (const [id, deployment] of this.#running) {
      if (wanted.has(id)) continue;
      this.#running.delete(id);
      this.#close(deployment);
    }
    this.#served = new Map(
      endpoints.map((desired) => {
        const split = splits.get(desired.name) ?? {};
        return [desired.name, { desired, split, deployments: this.#deploymentsOf(desired.name) }];
      }),
    );
    this.#onChange();
  }

  #takeOver(): void {
    for (const [id, coming] of this.#replacing) {
      const { state } = coming.status;
      const former = this.#running.get(id);
      if (former && state !== 'ready' && state !== 'failed') continue;
      this.#replacing.delete(id);
      if (former && state === 'ready') this.#running.set(id, coming);
      this.#close(former && state === 'ready' ? former : coming);
    }
  }

  #split({ name, traffic }: DesiredEndpoint): Split {
    const deployments = this.#deploymentsOf(name);
    const stateOf = (id: string) => deployments.get(id)?.status.state ?? 'failed';
    return splitInForce({
      wanted: traffic,
      former: this.#served.get(name)?.split ?? {},
      isReady: (id) => stateOf(id) === 'ready',
      isComing: (id) => stateOf(id) !== 'failed',
    });
  }

  #deploymentsOf(endpoint: string): Map<string, RunningDeployment> {
    return new Map([...this.#running].filter(([, { target }]) => target.endpoint === endpoint));
  }

  #close(deployment: RunningDeployment): void {
    this.#draining.set(deployment, this.#drain(deployment));
  }

  async #drain(deployment: RunningDeployment): Promise<void> {
    try {
      await deployment[Symbol.asyncDispose]();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'a deployment was not closed properly');
    }
    this.#draining.delete(deployment);
    await this.#sweep();
  }

  async #sweep(): Promise<void> {
    const needed = () =>
      [...this.#running.values(), ...this.#replacing.values(), ...this.#draining.keys()].map(
        ({ target }) => target.deployment,
      );
    await sweepFolder(this.#parts.folder, needed).catch((error: unknown) =>
      this.#parts.log.warn({ err: error }, 'unused files were not removed'),
    );
  }
}

/** Its ONNX form may still come, and this gateway waits for that. */
function isConverting({ engine, onnx, conversion_reason }: DesiredDeployment): boolean {
  return engine !== 'python' && onnx === null && conversion_reason === null;
}

function toTarget(endpoint: DesiredEndpoint, deployment: DesiredDeployment): Target {
  return {
    endpoint: endpoint.name,
    deployment,
    prediction: endpoint.prediction,
    workers: endpoint.workers ?? null,
    timeoutMs: endpoint.timeout_ms ?? DEFAULT_TIMEOUT_MS,
  };
}
