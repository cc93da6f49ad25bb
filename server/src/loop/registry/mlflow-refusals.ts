import { mlflowError } from '../track/index.ts';
import type { VersionKey } from './model.ts';

/** Refusals in the words that MLflow's clients and tests look for. */
export function modelNotFound(name: string) {
  return mlflowError('RESOURCE_DOES_NOT_EXIST', `Registered Model with name=${name} not found`);
}

export function modelExistsAlready(name: string) {
  return mlflowError('RESOURCE_ALREADY_EXISTS', `Registered Model (name=${name}) already exists.`);
}

export function versionNotFound({ name, number }: VersionKey) {
  return mlflowError('RESOURCE_DOES_NOT_EXIST', `Model Version (name=${name}, version=${number}) not found`);
}
