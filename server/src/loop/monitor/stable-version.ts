import type { Db } from '../../database.ts';
import { type Deployment, findDeployment, findEndpoint, versionRef } from '../deploy/index.ts';

/** Stands for the version of an endpoint where none holds stable traffic. */
export const NO_VERSION = 'none';

/** The deployment that holds stable traffic; null: none does. */
export async function findStable(db: Db, endpoint: string): Promise<Deployment | null> {
  const stable = (await findEndpoint(db, endpoint))?.stable ?? null;
  return stable === null ? null : ((await findDeployment(db, stable)) ?? null);
}

/** `version:flights/3`, or `none`. */
export async function findStableVersion(db: Db, endpoint: string): Promise<string> {
  const stable = await findStable(db, endpoint);
  return stable ? versionRef(stable.version) : NO_VERSION;
}
