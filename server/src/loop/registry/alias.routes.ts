import type { Context } from '../../context.ts';
import { type AddOperation, invalidParameter, mlflowError, required, text } from '../track/index.ts';
import { findAlias } from './alias.store.ts';
import { checkAlias, checkAliasForm, checkName, checkVersion, name, version } from './mlflow-fields.ts';
import { modelNotFound } from './mlflow-refusals.ts';
import { toMlflowVersion } from './mlflow-view.ts';
import { modelExists } from './model.store.ts';
import { deleteAlias, setAlias } from './move-alias.ts';
import { findReferenced } from './resolve-version.ts';

/** MLflow's operations on aliases. A job's token may move none: they are decisions, and people's. */
export function aliasOperations(add: AddOperation, parts: Pick<Context, 'db' | 'clock'>): void {
  const { db } = parts;
  const alias = required(text());
  add({
    method: 'POST',
    path: 'registered-models/alias',
    request: { name, alias, version },
    async handle(request, { principal }) {
      checkName(request.name);
      const wanted = checkAlias(request.alias);
      const key = { name: request.name, number: checkVersion(request.version) };
      await setAlias(parts, key, wanted, principal.name);
      return {};
    },
  });
  add({
    method: 'DELETE',
    path: 'registered-models/alias',
    request: { name, alias },
    async handle(request, { principal }) {
      const wanted = { name: checkName(request.name), alias: checkAliasForm(request.alias) };
      await deleteAlias(parts, { ...wanted, actor: principal.name });
      return {};
    },
  });
  add({
    method: 'GET',
    path: 'registered-models/alias',
    request: { name, alias },
    async handle(request) {
      checkName(request.name);
      checkAliasForm(request.alias);
      if (!(await modelExists(db.read, request.name))) throw modelNotFound(request.name);
      if (request.alias.toLowerCase() === 'latest') {
        const latest = await findReferenced(db.read, { name: request.name, latest: true });
        if (!latest) {
          throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Latest version not found for model ${request.name}.`);
        }
        return { model_version: toMlflowVersion(latest) };
      }
      const number = await findAlias(db.read, request.name, request.alias);
      const found = number === undefined ? undefined : await findReferenced(db.read, { name: request.name, number });
      if (!found) throw invalidParameter(`Registered model alias ${request.alias} not found.`);
      return { model_version: toMlflowVersion(found) };
    },
  });
}
