import { logTinyModel } from './log-tiny-model.ts';

// The command of a training job that is over at once: a model that answers like every tiny model.
const { BUCLE_URL = '', BUCLE_TOKEN = '', MLFLOW_RUN_ID = '', MLFLOW_EXPERIMENT_ID = '0' } = process.env;
const [weights = ''] = process.argv.slice(2);
const about = { run: MLFLOW_RUN_ID, experiment: MLFLOW_EXPERIMENT_ID, weights };
await logTinyModel({ baseUrl: BUCLE_URL, token: BUCLE_TOKEN, ...about });
