import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseKind } from '../../../test/databases.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import type { Config } from '../../platform/config/config.ts';
import { hexId } from '../../platform/ids.ts';
import { commitFiles, type DatasetVersion, formatDatasetRef, toMlflowDataset } from '../data/index.ts';
import { dataStage } from '../data/stage.ts';
import { createEvaluatedModels } from '../deploy/evaluated-models.ts';
import { folderSource } from '../deploy/model-source.fixture.ts';
import type { ModelSource } from '../deploy/model-source.ts';
import { createDeployStage } from '../deploy/stage.ts';
import { makeTinyOnnx } from '../deploy/tiny-onnx.fixture.ts';
import { registryStage } from '../registry/stage.ts';
import { runTracking } from '../track/index.ts';
import { trackStage } from '../track/stage.ts';
import { createTrainStage } from '../train/stage.ts';
import { findDecision } from './decision.store.ts';
import type { Decision, DecisionQuestion } from './decision.ts';
import { toGate } from './gate.ts';
import { seededRandom } from './metrics/blocks.ts';
import type { EvaluatedModels } from './model-access.ts';
import { createEvaluateStage } from './stage.ts';

/** How a model differs from the one whose probabilities the labels are drawn from. */
export interface Wrong {
  /** Added to the log odds of every row. */
  readonly by?: number;
  /** Added to the log odds of the carrier UA. */
  readonly forUa?: number;
}

export interface EvaluateTest extends AsyncDisposable {
  readonly t: TestApp;
  readonly models: EvaluatedModels;
  /** A version `NAME/1` whose run read this data; answers its reference. */
  addVersion(name: string, wrong: Wrong, trainedOn: DatasetVersion | null): Promise<string>;
  addDataset(name: string, rows: readonly FlightRow[]): Promise<DatasetVersion>;
  untilMade(id: string): Promise<Decision>;
}

export async function openEvaluate(
  database: DatabaseKind,
  options: { readonly background?: boolean; readonly source?: ModelSource; readonly config?: Partial<Config> } = {},
): Promise<EvaluateTest> {
  const root = await mkdtemp(join(tmpdir(), 'bucle-evaluate-'));
  const runs = new Map<string, string | null>();
  const folders = options.source ?? folderSource(root);
  const source: ModelSource = {
    ...folders,
    async resolve(parts, ref) {
      const version = await folders.resolve(parts, ref);
      return { ...version, run: runs.get(version.name) ?? null };
    },
  };
  const models = createEvaluatedModels(source);
  const t = await testApp({
    database,
    stages: [
      ...[trackStage, dataStage, createTrainStage(runTracking), createEvaluateStage(models)],
      ...[registryStage, createDeployStage(source)],
    ],
    ...(options.background === undefined ? {} : { background: options.background }),
    ...(options.config === undefined ? {} : { config: options.config }),
  });
  const { context } = t;
  return {
    ...{ t, models },
    async addVersion(name, wrong, trainedOn) {
      if (options.source === undefined) await makeWrong(t, join(root), `${name}.1`, wrong);
      runs.set(name, trainedOn && (await startRun(t, trainedOn)));
      return `version:${name}/1`;
    },
    async addDataset(name, rows) {
      const file = join(root, `${name}.csv`);
      await writeFile(file, toCsv(rows));
      const because = { message: null, actor: 'test', cause: null };
      return commitFiles(context, { name, files: [{ path: 'rows.csv', file }], ...because });
    },
    async untilMade(id) {
      for (const until = performance.now() + 60_000; ; await sleep(25)) {
        const decision = await findDecision(context.db.read, id);
        if (decision?.state === 'made') return decision;
        if (performance.now() > until) throw new Error(`Not made: ${JSON.stringify(decision)}`);
      }
    },
    async [Symbol.asyncDispose]() {
      await t[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A run that read this dataset version, as a job's attempt does. */
async function startRun({ context }: TestApp, version: DatasetVersion): Promise<string> {
  const id = hexId();
  const inputs = [{ dataset: toMlflowDataset(version, null), tags: {} }];
  const run = { id, experiment: 'Default', name: 'test', user: 'test', tags: {}, inputs, startedAt: 1_000 };
  await context.db.transaction((trx) => runTracking.start(trx, run));
  return id;
}

const INTERCEPT = 2.975189685821533;
const UA = 0.24727031588554382;

/** The tiny model with other weights, and golden answers to match. */
async function makeWrong(t: TestApp, root: string, id: string, { by = 0, forUa = 0 }: Wrong): Promise<void> {
  const shifted = ([, p1 = 0]: number[], ua: boolean) => {
    const p = 1 / (1 + Math.exp(-(Math.log(p1 / (1 - p1)) + by + (ua ? forUa : 0))));
    return [1 - p, p];
  };
  await makeTinyOnnx(t.context, root, id, {
    // Weights of class 0 and of class 1, which are each other's opposites.
    onnx: (graph) =>
      [
        [INTERCEPT, INTERCEPT - by],
        [-INTERCEPT, by - INTERCEPT],
        [UA, UA + forUa],
        [-UA, -UA - forUa],
      ].reduce((bytes, [from = 0, to = 0]) => replaceFloat(bytes, from, to), graph),
    golden: (document) => ({
      ...document,
      requests: (document['requests'] as { rows: unknown[][]; outputs: number[][] | null }[]).map((request) => ({
        ...request,
        outputs: request.outputs?.map((output, at) => shifted(output, request.rows[at]?.[2] === 'UA')) ?? null,
      })),
    }),
  });
}

function replaceFloat(bytes: Buffer, from: number, to: number): Buffer {
  const [before, after] = [from, to].map((value) => Buffer.from(new Float32Array([value]).buffer));
  const at = bytes.indexOf(before ?? '');
  if (at < 0) throw new Error(`The graph has no weight ${from}.`);
  const changed = Buffer.from(bytes);
  after?.copy(changed, at);
  return changed;
}

export interface FlightRow {
  readonly id: string;
  readonly time: string;
  readonly distance: number;
  readonly hour: number;
  readonly carrier: string;
  readonly late: number | string | null;
}

const CARRIER: Readonly<Record<string, number>> = { AA: -0.34249940514564514, B6: 0.09583882242441177, UA };

/** Flights of so many days whose delays the tiny model describes truly. */
export function flights(prefix: string, { days = 20, perDay = 40, seed = 1 } = {}): FlightRow[] {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  return Array.from({ length: days * perDay }, (_, at) => {
    const distance = Math.round(random() * 24_000) / 10;
    const hour = Math.floor(random() * 24);
    const carrier = pick(['AA', 'B6', 'UA']);
    const logit = 0.0001055 * distance + 0.2030281 * hour + (CARRIER[carrier] ?? 0) - INTERCEPT;
    const day = new Date(Date.UTC(2001, 0, 1 + Math.floor(at / perDay), hour));
    const late = random() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
    return { id: `${prefix}-${at}`, time: day.toISOString(), distance, hour, carrier, late };
  });
}

function toCsv(rows: readonly FlightRow[]): string {
  const lines = rows.map(({ id, time, distance, hour, carrier, late }) =>
    [id, time, distance.toFixed(1), hour, carrier, late ?? ''].join(','),
  );
  return `${['flight,time,distance,hour,carrier,late', ...lines].join('\n')}\n`;
}

export function ask(
  dataset: DatasetVersion,
  candidate: string,
  champion: string | null,
  rules: Partial<DecisionQuestion['gate']> = {},
): DecisionQuestion {
  return {
    ...{ subject: 'endpoint:flights', candidate, champion, dataset: formatDatasetRef(dataset) },
    meaning: { kind: 'probability', column: '1', threshold: 0.5 },
    columns: { label: 'late', eventTime: 'time', key: 'flight' },
    gate: toGate({ metric: 'log_loss', ...rules }),
  };
}

export const because = { actor: 'test', cause: 'request:test' } as const;
