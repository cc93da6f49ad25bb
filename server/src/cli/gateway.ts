import { settings } from '../platform/config/settings.ts';
import { defineCommand } from './command.ts';
import { settingsEnvironment } from './up/places.ts';
import { ROLE_USAGE, roleOptions } from './up/role-options.ts';

export const command = defineCommand({
  summary: 'Run a gateway alone, in the foreground; --url names its control server.',
  usage: ROLE_USAGE,
  options: roleOptions,
  async run(_input, io) {
    const { runRole } = await import('../main.ts');
    await runRole('gateway', [], {
      ...settingsEnvironment(io.config, io.env),
      [settings.serverUrl.env]: io.config.serverUrl,
    });
    return 0;
  },
});
