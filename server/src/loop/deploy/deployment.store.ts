import type { Db, Trx } from '../../database.ts';
import type { ParityReport } from '../../engines/parity-report.ts';
import {
  type Deployment,
  type DeploymentState,
  type EngineChoice,
  type FailedStep,
  finalStates,
  type ModelVersion,
  type StoredFile,
  statesBefore,
} from './deployment.ts';
import { WORKSPACE } from './endpoint.ts';

export interface DeploymentTable {
  workspace: string;
  id: string;
  endpoint: string;
  model_name: string;
  model_version: number;
  model_id: string;
  run: string | null;
  engine: EngineChoice;
  state: DeploymentState;
  progress: string | null;
  failed_step: FailedStep | null;
  reason: string | null;
  next_step: string | null;
  wanted_traffic: number | null;
  /** JSON: decision or reason. */
  ground: string | null;
  model_digest: string | null;
  model_files: string | null;
  golden: string | null;
  onnx_files: string | null;
  conversion_reason: string | null;
  serving_engine: 'onnx' | 'python' | null;
  serving_reason: string | null;
  parity: string | null;
  onnx_parity: string | null;
  created_at: number;
  created_by: string;
  changed_at: number;
  ready_at: number | null;
  lost_traffic_at: number | null;
}

export interface DeploymentTables {
  deployments: DeploymentTable;
}

export type NewDeployment = Pick<
  Deployment,
  'id' | 'endpoint' | 'version' | 'modelId' | 'run' | 'engine' | 'wantedTraffic' | 'ground' | 'createdAt' | 'createdBy'
>;

export async function insertDeployment(trx: Trx, deployment: NewDeployment): Promise<void> {
  await trx
    .insertInto('deployments')
    .values({
      workspace: WORKSPACE,
      id: deployment.id,
      endpoint: deployment.endpoint,
      model_name: deployment.version.name,
      model_version: deployment.version.number,
      model_id: deployment.modelId,
      run: deployment.run,
      engine: deployment.engine,
      state: 'pending',
      wanted_traffic: deployment.wantedTraffic,
      ground: deployment.ground && JSON.stringify(deployment.ground),
      created_at: deployment.createdAt,
      created_by: deployment.createdBy,
      changed_at: deployment.createdAt,
    })
    .execute();
}

export async function findDeployment(db: Db, id: string): Promise<Deployment | undefined> {
  const row = await deployments(db).where('id', '=', id).executeTakeFirst();
  return row && toDeployment(row);
}

/** Those of one endpoint, newest first. */
export async function listDeployments(db: Db, endpoint: string, limit = 200): Promise<Deployment[]> {
  const rows = await deployments(db).where('endpoint', '=', endpoint).orderBy('id', 'desc').limit(limit).execute();
  return rows.map(toDeployment);
}

/** Those of one endpoint that are neither failed nor retired. */
export async function listLiveDeployments(db: Db, endpoint: string): Promise<Deployment[]> {
  const rows = await deployments(db).where('endpoint', '=', endpoint).where('state', 'not in', finalStates).execute();
  return rows.map(toDeployment);
}

/** Those of one model version, newest first. */
export async function listDeploymentsOf(db: Db, { name, number }: ModelVersion, limit = 200): Promise<Deployment[]> {
  const rows = await deployments(db)
    .where('model_name', '=', name)
    .where('model_version', '=', number)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toDeployment);
}

/** Of all endpoints, oldest first. */
export async function listInStates(db: Db, states: readonly DeploymentState[]): Promise<Deployment[]> {
  const rows = await deployments(db)
    .where('state', 'in', [...states])
    .orderBy('id')
    .execute();
  return rows.map(toDeployment);
}

type Columns = Partial<Omit<DeploymentTable, 'workspace' | 'id' | 'state' | 'created_at' | 'created_by'>>;

/** One transition in one statement; false when the deployment is in no state that it may leave so. */
export async function moveDeployment(
  trx: Trx,
  id: string,
  to: DeploymentState,
  change: Columns & { changed_at: number },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('deployments')
    .set({ ...change, state: to })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('state', 'in', statesBefore(to))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** What was found while preparing; false when it is not being prepared any more. */
export async function recordPreparation(trx: Trx, id: string, change: Columns): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('deployments')
    .set(change)
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('state', '=', 'preparing')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** When they lost their traffic. */
export async function markLostTraffic(trx: Trx, ids: readonly string[], now: number): Promise<void> {
  if (ids.length === 0) return;
  await trx
    .updateTable('deployments')
    .set({ lost_traffic_at: now })
    .where('workspace', '=', WORKSPACE)
    .where('id', 'in', [...ids])
    .execute();
}

function deployments(db: Db) {
  return db.selectFrom('deployments').selectAll().where('workspace', '=', WORKSPACE);
}

function toDeployment(row: DeploymentTable): Deployment {
  return {
    id: row.id,
    endpoint: row.endpoint,
    version: { name: row.model_name, number: row.model_version },
    modelId: row.model_id,
    run: row.run,
    engine: row.engine,
    state: row.state,
    progress: row.progress,
    failure:
      row.failed_step === null ? null : { step: row.failed_step, reason: row.reason ?? '', next: row.next_step ?? '' },
    wantedTraffic: row.wanted_traffic,
    ground: parse<NonNullable<Deployment['ground']>>(row.ground),
    modelDigest: row.model_digest,
    modelFiles: parse<StoredFile[]>(row.model_files) ?? [],
    golden: parse<Deployment['golden']>(row.golden),
    onnxFiles: parse<StoredFile[]>(row.onnx_files),
    conversionReason: row.conversion_reason,
    servingEngine: row.serving_engine,
    servingReason: row.serving_reason,
    parity: parse<ParityReport>(row.parity),
    onnxParity: parse<ParityReport>(row.onnx_parity),
    createdAt: row.created_at,
    createdBy: row.created_by,
    changedAt: row.changed_at,
    readyAt: row.ready_at,
    lostTrafficAt: row.lost_traffic_at,
  };
}

function parse<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}
