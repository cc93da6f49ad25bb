import { fileURLToPath } from 'node:url';
import { siblingModule } from '../platform/processes/sibling-module.ts';
import { noteStart } from '../platform/processes/start-note.ts';
import { defineCommand } from './command.ts';
import { detachUp } from './up/detach.ts';
import { noteAccepted, refuseUnfit, rewriteHost } from './up/mlflow-notes.ts';
import { securityOptions, storeOptions } from './up/mlflow-options.ts';
import { ROLE_USAGE, roleOptions } from './up/role-options.ts';
import { runUp } from './up/run-up.ts';

export const command = defineCommand({
  summary: 'Start server and gateway on this machine and keep both alive.',
  usage: `${ROLE_USAGE} [--backend-store-uri URI] [--artifacts-destination URI] … [--detach]`,
  options: {
    ...roleOptions,
    ...storeOptions,
    ...securityOptions,
    detach: { type: 'boolean', meaning: 'Return when both are ready; `bucle down` stops them.' },
  },
  rewrite: rewriteHost,
  async run({ values }, io) {
    refuseUnfit(values, io.env);
    noteAccepted(values, io.note);
    if (values.detach) return detachUp(io, fileURLToPath(siblingModule(import.meta.url, './main')));
    const stop = new AbortController();
    const onTerm = () => stop.abort();
    process.once('SIGTERM', onTerm);
    try {
      const main = fileURLToPath(siblingModule(import.meta.url, '../main'));
      return await runUp(io, { config: io.config, main, signal: AbortSignal.any([io.signal, stop.signal]) });
    } catch (error) {
      const { message, next = null } = error as { message: string; next?: string };
      await noteStart(io.env, { kind: 'refused', message, next });
      throw error;
    } finally {
      process.off('SIGTERM', onTerm);
    }
  },
});
