import type { Context } from '../../context.ts';
import { type AddOperation, invalidParameter, required, text } from '../track/index.ts';
import { findAlias } from './alias.store.ts';
import { checkAlias, checkVersion, name, version } from './mlflow-fields.ts';
import { modelNotFound, versionNotFound } from './mlflow-refusals.ts';
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
      const key = { name: request.name, number: checkVersion(request.version) };
      await setAlias(parts, key, checkAlias(request.alias), principal.name);
      return {};
    },
  });
  add({
    method: 'DELETE',
    path: 'registered-models/alias',
    request: { name, alias },
    async handle(request, { principal }) {
      await deleteAlias(parts, { name: request.name, alias: request.alias, actor: principal.name });
      return {};
    },
  });
  add({
    method: 'GET',
    path: 'registered-models/alias',
    request: { name, alias },
    async handle(request) {
      if (!(await modelExists(db.read, request.name))) throw modelNotFound(request.name);
      if (request.alias.toLowerCase() === 'latest') {
        const latest = await findReferenced(db.read, { name: request.name, latest: true });
        if (!latest) throw versionNotFound({ name: request.name, number: 0 });
        return { model_version: toMlflowVersion(latest) };
      }
      const number = await findAlias(db.read, request.name, request.alias);
      const found = number === undefined ? undefined : await findReferenced(db.read, { name: request.name, number });
      if (!found) throw invalidParameter(`Registered model alias ${request.alias} not found.`);
      return { model_version: toMlflowVersion(found) };
    },
  });
}
