import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Config } from '../../../platform/config/config.ts';
import { inheritedEnvironment } from '../../../platform/config/inherited-environment.ts';
import { inputVariable, type Job } from '../job.ts';
import { ATTEMPT_MARKER } from '../runner/attempt-folder.ts';

export interface CommandEnvironment {
  readonly config: Pick<Config, 'serverUrl'>;
  readonly job: Job;
  readonly number: number;
  readonly run: string;
  readonly experimentId: string;
  readonly token: string;
  /** Interpreter of the environment, and its folder when it is one that was built. */
  readonly python: string;
  readonly environmentPath: string | null;
  readonly work: string;
}

/** Everything that the command of an attempt finds in its environment. */
export function commandEnvironment(given: CommandEnvironment): Record<string, string> {
  const { config, job, number, run, experimentId, token, python, environmentPath, work } = given;
  const inherited = inheritedEnvironment();
  const inputs = job.inputs.map(({ name }) => [inputVariable(name), join(work, 'inputs', name)]);
  // A project in a `src` layout is not installed: its code is the snapshot's, not the environment's.
  const sources = [work, join(work, 'src')].filter((folder) => existsSync(folder));
  return {
    ...inherited,
    ...(environmentPath === null ? {} : { VIRTUAL_ENV: environmentPath }),
    PATH: environmentPath === null ? (inherited['PATH'] ?? '') : `${dirname(python)}${delimiter}${inherited['PATH']}`,
    PYTHONPATH: sources.join(delimiter),
    PYTHONUNBUFFERED: '1',
    MLFLOW_TRACKING_URI: config.serverUrl,
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_EXPERIMENT_ID: experimentId,
    MLFLOW_RUN_ID: run,
    BUCLE_URL: config.serverUrl,
    BUCLE_TOKEN: token,
    BUCLE_JOB: job.id,
    [ATTEMPT_MARKER]: `${job.id}/${number}`,
    BUCLE_INPUTS: join(work, 'inputs'),
    ...(Object.fromEntries(inputs) as Record<string, string>),
  };
}
