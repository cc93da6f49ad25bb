import { defineCommand } from './command.ts';
import { noteAccepted, refuseUnfit, rewriteHost } from './up/mlflow-notes.ts';
import { acceptedOptions, securityOptions, storeOptions } from './up/mlflow-options.ts';
import { settingsEnvironment } from './up/places.ts';
import { roleOptions } from './up/role-options.ts';

export const command = defineCommand({
  summary: 'Run the control server alone, in the foreground; takes the flags and variables of `mlflow server`.',
  usage: '[--data DIR] [-p PORT] [-h HOST] [--backend-store-uri URI] [--artifacts-destination URI] …',
  options: { ...roleOptions, ...storeOptions, ...securityOptions, ...acceptedOptions },
  rewrite: rewriteHost,
  async run({ values }, io) {
    refuseUnfit(values, io.env);
    noteAccepted(values, io.note);
    const { runRole } = await import('../main.ts');
    await runRole('server', [], settingsEnvironment(io.config, io.env));
    return 0;
  },
});
