import { readMlModel } from '../../../engines/mlmodel.ts';
import { during, PrepareFailure } from './prepare-failure.ts';

const NEXT = 'Log it with a flavour that `mlflow.pyfunc.load_model` loads.';

/** Refuses a model that nothing here could answer with. @throws PrepareFailure */
export async function requireLoader(folder: string): Promise<void> {
  const { loader } = await during('model', NEXT, () => readMlModel(folder));
  if (loader !== null) return;
  throw new PrepareFailure({
    step: 'model',
    reason: 'The model has no python_function flavour, so that nothing here can answer with it.',
    next: NEXT,
  });
}
