import { defineCommand } from './command.ts';
import { settingsEnvironment } from './up/places.ts';
import { ROLE_USAGE, roleOptions } from './up/role-options.ts';

export const command = defineCommand({
  summary: 'Run the control server alone, in the foreground.',
  usage: ROLE_USAGE,
  options: roleOptions,
  async run(_input, io) {
    const { runRole } = await import('../main.ts');
    await runRole('server', [], settingsEnvironment(io.config, io.env));
    return 0;
  },
});
