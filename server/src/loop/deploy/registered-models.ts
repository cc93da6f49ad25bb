import { resolveVersion, versionRef } from '../registry/index.ts';
import { findLoggedModel, keepGolden, listModelFiles, openGolden, openModelFile } from '../track/index.ts';
import { deployErrors } from './errors.ts';
import type { ModelSource } from './model-source.ts';

/** The versions of the registry, with the files and golden requests of the logged models that they are. */
export const registeredModels: ModelSource = {
  async resolve(parts, ref) {
    const version = await resolveVersion(parts, ref);
    const { name, number, modelId, run, source, location } = version;
    const model = modelId === null ? undefined : await findLoggedModel(parts.db.read, modelId);
    // A version may be a folder inside of a logged model: what is deployed would be another thing than what is proven.
    if (model?.lifecycle !== 'active' || !isSame(location, model.artifactUri)) {
      throw deployErrors.NO_LOGGED_MODEL({ version: versionRef(version), source });
    }
    if (model.status !== 'LOGGED_MODEL_READY') {
      const status = model.status.replace('LOGGED_MODEL_', '').toLowerCase().replaceAll('_', ' ');
      throw deployErrors.MODEL_NOT_READY({ version: versionRef(version), model: model.id, status });
    }
    // Refuses at once what keeps its files on another server.
    await listModelFiles(parts, model.id);
    return { name, number, modelId: model.id, run };
  },
  files: listModelFiles,
  open: openModelFile,
  async golden(parts, modelId) {
    return (await openGolden(parts, modelId))?.body ?? null;
  },
  async keepGolden(parts, modelId, body) {
    await keepGolden(parts, { model: modelId, body, actor: 'deploy' });
  },
};

function isSame(location: string, root: string): boolean {
  return location.replace(/\/+$/, '') === root.replace(/\/+$/, '');
}
