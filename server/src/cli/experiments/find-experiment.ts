import type { Io } from '../command.ts';
import { type Experiment, getExperiment } from '../runs/mlflow-client.ts';
import { withNext } from '../with-next.ts';

/** By name or id, deleted ones too. @throws ApiError with 404 that names the next step */
export function findExperiment(io: Io, word: string): Promise<Experiment> {
  return withNext('The experiments are in `bucle experiments ls --view all`.', getExperiment(io, word));
}
