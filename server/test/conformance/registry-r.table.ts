/** Bodies of the R client: numbers, flags and what is no number are texts. Each call rests on those before it. */
export const writeAsR: readonly { readonly call: string; readonly body: object; readonly answer?: object }[] = [
  {
    ...{ call: 'POST experiments/search', body: { max_results: '1', view_type: 'ACTIVE_ONLY' } },
    answer: { experiments: [{ experiment_id: '0' }] },
  },
  { call: 'POST experiments/set-experiment-tag', body: { experiment_id: '0', key: 'r', value: '1' } },
  {
    call: 'POST runs/update',
    body: { run_id: '$run', run_uuid: '$run', status: 'RUNNING', end_time: '1700000000000' },
  },
  {
    ...{ call: 'POST runs/create', body: { experiment_id: '0', user_id: 'r', start_time: '1700000000000' } },
    answer: { run: { info: { start_time: 1_700_000_000_000 } } },
  },
  { call: 'POST runs/log-metric', body: { run_id: '$run', key: 'm', value: '0.25', timestamp: '5', step: '2' } },
  { call: 'POST runs/log-metric', body: { run_id: '$run', key: 'nan', value: 'NaN', timestamp: '5', step: '0' } },
  { call: 'POST runs/log-metric', body: { run_id: '$run', key: 'inf', value: 'Infinity', timestamp: '5', step: '0' } },
  { call: 'POST runs/log-metric', body: { run_id: '$run', key: 'neg', value: '-Infinity', timestamp: '5', step: '0' } },
  { call: 'POST runs/log-parameter', body: { run_id: '$run', key: 'p', value: '7' } },
  { call: 'POST runs/set-tag', body: { run_id: '$run', key: 't', value: 'TRUE' } },
  {
    call: 'POST runs/log-batch',
    body: {
      run_id: '$run',
      metrics: [
        { key: 'b', value: '1e-3', timestamp: '6', step: '1' },
        { key: 'bnan', value: 'NaN', timestamp: '6', step: '1' },
      ],
      params: [{ key: 'q', value: '1.5' }],
      tags: [{ key: 'u', value: 'x' }],
    },
  },
  {
    call: 'POST runs/log-inputs',
    body: {
      run_id: '$run',
      datasets: [
        {
          tags: [{ key: 'mlflow.data.context', value: 'training' }],
          dataset: { name: 'flights', digest: 'd1', source_type: 'local', source: '{}' },
        },
      ],
    },
  },
  {
    call: 'GET runs/get',
    body: { run_id: '$run' },
    answer: {
      run: {
        data: {
          metrics: [
            { key: 'b', value: 0.001 },
            { key: 'bnan', value: 'NaN' },
            { key: 'inf', value: Number.MAX_VALUE },
            { key: 'm', value: 0.25, step: 2 },
            { key: 'nan', value: 'NaN' },
            { key: 'neg', value: -Number.MAX_VALUE },
          ],
        },
      },
    },
  },
  { call: 'GET metrics/get-history', body: { run_id: '$run', metric_key: 'm', max_results: '100' } },
  { call: 'POST runs/search', body: { experiment_ids: ['0'], max_results: '2', filter: 'metrics.m > 0' } },
  { call: 'POST registered-models/create', body: { name: 'r', description: 'from R' } },
  { call: 'PATCH registered-models/update', body: { name: 'r', description: 'still' } },
  { call: 'POST model-versions/create', body: { name: 'r', source: 's3://b/x', run_id: '$run' } },
  {
    call: 'POST model-versions/transition-stage',
    body: { name: 'r', version: '1', stage: 'Production', archive_existing_versions: 'true' },
    answer: { model_version: { current_stage: 'Production' } },
  },
  { call: 'PATCH model-versions/update', body: { name: 'r', version: '1', description: 'd' } },
  { call: 'POST model-versions/set-tag', body: { name: 'r', version: '1', key: 'k', value: '1' } },
  { call: 'GET registered-models/search', body: { filter: "name = 'r'", max_results: '5' } },
  { call: 'GET model-versions/search', body: { filter: "name = 'r'", max_results: '5' } },
  { call: 'POST registered-models/get-latest-versions', body: { name: 'r', stages: ['Production'] } },
  { call: 'POST registered-models/rename', body: { name: 'r', new_name: 'r2' } },
  { call: 'DELETE model-versions/delete', body: { name: 'r2', version: '1' } },
  { call: 'DELETE registered-models/delete', body: { name: 'r2' } },
];
