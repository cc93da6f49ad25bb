import { mlflowError } from '../track/index.ts';
import type { VersionKey } from './model.ts';

/** Refusals in the words that MLflow's clients and tests look for. */
export function modelNotFound(name: string) {
  return mlflowError('RESOURCE_DOES_NOT_EXIST', `Registered Model with name=${name} not found`);
}

/** Clients that register a version make sure of the model first, and go on when this is the answer. */
export function modelExistsAlready(name: string, is: Kind = 'registered model', wanted: Kind = is) {
  const message =
    is === wanted
      ? `${is === 'prompt' ? 'Prompt' : 'Registered Model'} (name=${name}) already exists.`
      : `Tried to create a ${wanted} with name '${name}', but the name is already taken by a ${is}. ` +
        'MLflow does not allow creating a model and a prompt with the same name.';
  return mlflowError('RESOURCE_ALREADY_EXISTS', message);
}

type Kind = 'registered model' | 'prompt';

export function versionNotFound({ name, number }: VersionKey) {
  return mlflowError('RESOURCE_DOES_NOT_EXIST', `Model Version (name=${name}, version=${number}) not found`);
}
