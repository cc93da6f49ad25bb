import { type Case, missing, wrongCharacters, wrongPath, wrongType } from './case.ts';

const version = { name: 'a', version: '1' };
const outside = (source: string, parameter: string) =>
  `Invalid model version source: '${source}'. The ${parameter} request parameter must identify the resource that contains the source.`;
const relative = (source: string) =>
  `Invalid model version source: '${source}'. If supplying a source as an http, https, local file path, ftp, objectstore, ` +
  'or mlflow-artifacts uri, an absolute path must be provided without relative path references present. ' +
  'Please provide an absolute path.';
const badName = "Invalid model name 'a/b'. Names cannot contain '/' or ':'.";
const badStage = 'Invalid Model Version stage: foo. Value must be one of None, Staging, Production, Archived.';

/** Each case may rest on those before it. */
export const registry: readonly Case[] = [
  { rule: 'a model needs a name', call: 'POST registered-models/create', status: 400, message: missing('name') },
  {
    ...{ rule: 'a name is a text', call: 'POST registered-models/create', body: { name: 5 }, status: 400 },
    message: wrongType('5', 'name', 'int'),
  },
  {
    ...{ rule: 'a blank name is none', call: 'POST registered-models/create', body: { name: ' ' }, status: 400 },
    message: "Missing value for required parameter 'name'.",
  },
  {
    ...{ rule: 'a name is no folder', call: 'POST registered-models/create', body: { name: '..' }, status: 400 },
    message: wrongPath('..', 'name', '..'),
  },
  {
    ...{ rule: 'tags have keys', call: 'POST registered-models/create', body: { name: 'b', tags: [{ value: 'x' }] } },
    ...{ status: 400, message: wrongPath('', 'key', '.') },
  },
  {
    rule: 'the last value of a tag counts, and an empty description is none',
    call: 'POST registered-models/create',
    body: {
      name: 'a',
      description: '',
      tags: [
        { key: 'k', value: '1' },
        { key: 'k', value: '2' },
      ],
    },
    answer: { registered_model: { name: 'a', tags: [{ key: 'k', value: '2' }] } },
  },
  {
    ...{ rule: 'a name is given once', call: 'POST registered-models/create', body: { name: 'a' }, status: 400 },
    ...{ code: 'RESOURCE_ALREADY_EXISTS', message: 'Registered Model (name=a) already exists.' },
  },
  {
    rule: 'a prompt cannot have the name of a model',
    call: 'POST registered-models/create',
    body: { name: 'a', tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] },
    ...{ status: 400, code: 'RESOURCE_ALREADY_EXISTS' },
    message:
      "Tried to create a prompt with name 'a', but the name is already taken by a registered model. " +
      'MLflow does not allow creating a model and a prompt with the same name.',
  },
  ...(
    [
      ['GET registered-models/get', {}],
      ['PATCH registered-models/update', {}],
      ['DELETE registered-models/delete', {}],
      ['POST registered-models/set-tag', { key: 'k', value: 'v' }],
      ['DELETE registered-models/delete-tag', { key: 'k' }],
      ['GET model-versions/get', { version: '1' }],
      ['GET model-versions/get-download-uri', { version: '1' }],
      ['DELETE model-versions/delete', { version: '1' }],
      ['POST registered-models/alias', { version: '1', alias: 'x' }],
      ['GET registered-models/alias', { alias: 'x' }],
      ['POST registered-models/get-latest-versions', {}],
    ] as const
  ).map(([call, fields]) => ({
    ...{
      rule: `${call} refuses what is no name`,
      call,
      body: { name: 'a/b', ...fields },
      status: 400,
      message: badName,
    },
  })),
  {
    ...{
      rule: 'a tag is removed by a key',
      call: 'DELETE registered-models/delete-tag',
      body: { name: 'a', key: 'a$b' },
    },
    ...{ status: 400, message: wrongCharacters('a$b', 'key') },
  },
  ...(
    [
      ['a path of this machine', '/etc/passwd'],
      ['a file of this machine', 'file:///etc'],
      ['a relative path', './x'],
    ] as const
  ).map(([what, source]) => ({
    rule: `${what} is no source`,
    ...{ call: 'POST model-versions/create', body: { name: 'a', source }, status: 400 },
    message:
      `Invalid model version source: '${source}'. To use a local path as a model version source, the run_id request ` +
      'parameter has to be specified and the local path has to be contained within the artifact directory of the run ' +
      'specified by the run_id.',
  })),
  ...['s3://b/../x', 's3://b/%2e%2e/x', 's3://b', 'custom:x', 'C:\\x', 's3://b/x%00'].map((source) => ({
    ...{ rule: `${source} leads nowhere safe`, call: 'POST model-versions/create', body: { name: 'a', source } },
    ...{ status: 400, message: relative(source) },
  })),
  ...['http://h/a', 'https://h/a', 'ftp://h/a', 'hdfs://h/a', 'abfss://c@h/a', 'mlflow-artifacts://h/a'].map(
    (source) => ({
      ...{
        rule: `${source} names a host`,
        call: 'POST model-versions/create',
        body: { name: 'a', source },
        status: 400,
      },
    }),
  ),
  ...(
    [
      [{ source: 'runs:/$run/m' }, 'run_id'],
      [{ source: 'runs:/$run/m', run_id: '$other' }, 'run_id'],
      [{ source: 'models:/$model' }, 'model_id'],
      [{ source: 'models:/$model', run_id: '$run' }, 'model_id'],
      [{ source: '$location' }, 'run_id'],
      [{ source: '$folder/m', run_id: '$other' }, 'run_id'],
      [{ source: 'models:/' }, 'model_id'],
      [{ source: 'runs:/$run/m', model_id: '$model' }, 'model_id'],
    ] as const
  ).map(([fields, parameter]) => ({
    rule: `${JSON.stringify(fields)} does not say whose the files are`,
    ...{ call: 'POST model-versions/create', body: { name: 'a', ...fields }, status: 400 },
    message: outside(fields.source, parameter),
  })),
  {
    ...{ rule: 'a version of no model is refused', call: 'POST model-versions/create', status: 404 },
    body: { name: 'none', source: 's3://b/x' },
    message: 'Registered Model with name=none not found',
  },
  {
    ...{ rule: 'a prompt has no files', call: 'POST model-versions/create', status: 400 },
    body: { name: 'a', source: 'file:///etc', tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] },
    message: "Invalid prompt source: 'file:///etc'. Prompt sources must use an MLflow placeholder.",
  },
  {
    ...{ rule: 'a version of a logged model knows its run', call: 'POST model-versions/create' },
    body: { name: 'a', source: 'models:/$model', model_id: '$model' },
    answer: {
      model_version: {
        ...{ name: 'a', version: '1', current_stage: 'None', status: 'READY', description: '', run_link: '' },
        ...{ source: 'models:/$model', run_id: '$run', model_id: '$model' },
      },
    },
  },
  {
    ...{ rule: 'a run that this server does not know is noted', call: 'POST model-versions/create' },
    body: { name: 'a', source: 'runs:/r1/m', run_id: 'r1' },
    answer: { model_version: { version: '2', source: 'runs:/r1/m', run_id: 'r1' } },
  },
  {
    ...{ rule: 'a copy names the version, however it was found', call: 'POST model-versions/create' },
    body: { name: 'a', source: 'models:/a/latest' },
    answer: { model_version: { version: '3', source: 'models:/a/2', run_id: 'r1' } },
  },
  {
    ...{ rule: 'a copy of no version is refused', call: 'POST model-versions/create', status: 404 },
    body: { name: 'a', source: 'models:/a/9' },
    message: 'Model Version (name=a, version=9) not found',
  },
  {
    ...{ rule: 'a copy cannot claim another run', call: 'POST model-versions/create', status: 400 },
    body: { name: 'a', source: 'models:/a/2', run_id: 'r2' },
    message:
      "Invalid model version source: 'models:/a/2'. The run_id and model_id request parameters must match the " +
      'referenced model version.',
  },
  {
    ...{ rule: 'a negative version is not there', call: 'GET model-versions/get', status: 404 },
    body: { name: 'a', version: '-1' },
  },
  {
    ...{
      rule: 'a version is a number',
      call: 'GET model-versions/get',
      body: { name: 'a', version: 'x' },
      status: 400,
    },
    message: "Parameter 'version' must be an integer, got 'x'.",
  },
  {
    ...{
      rule: 'no stage but the four',
      call: 'POST model-versions/transition-stage',
      body: { ...version, stage: 'foo' },
    },
    ...{ status: 400, message: badStage },
  },
  {
    ...{ rule: 'stages are written in any case', call: 'POST model-versions/transition-stage' },
    body: { ...version, stage: 'pRoduction', archive_existing_versions: true },
    answer: { model_version: { current_stage: 'Production' } },
  },
  {
    ...{ rule: 'only an active stage is emptied', call: 'POST model-versions/transition-stage', status: 400 },
    body: { ...version, stage: 'archived', archive_existing_versions: true },
    message:
      "Model version transition cannot archive existing model versions because 'archived' is not an Active stage. " +
      "Valid stages are ['Staging', 'Production']",
  },
  {
    ...{
      rule: 'a model is looked for before a stage',
      call: 'POST registered-models/get-latest-versions',
      status: 404,
    },
    body: { name: 'none', stages: ['foo'] },
  },
  ...(
    [
      ['latest', "'latest' alias name (case insensitive) is reserved."],
      ['v1', "Version alias name 'v1' is reserved."],
      ['a b', "Invalid alias name: 'a b'. Names may only contain alphanumerics, underscores (_), and dashes (-)."],
      ['x'.repeat(256), "'Registered model alias name' exceeds the maximum length of 255 characters"],
    ] as const
  ).map(([alias, message]) => ({
    rule: `${alias.slice(0, 10)} is no alias`,
    ...{ call: 'POST registered-models/alias', body: { ...version, alias }, status: 400, message },
  })),
  {
    rule: 'an alias is set',
    call: 'POST registered-models/alias',
    body: { name: 'a', version: '3', alias: 'champion' },
  },
  {
    ...{ rule: 'an alias of no version is refused', call: 'POST registered-models/alias', status: 404 },
    body: { name: 'none', version: '1', alias: 'x' },
    message: 'Model Version (name=none, version=1) not found',
  },
  {
    ...{ rule: 'a version tells its aliases', call: 'GET model-versions/get', body: { name: 'a', version: '3' } },
    answer: { model_version: { aliases: ['champion'] } },
  },
  {
    ...{
      rule: 'an unknown alias is a wrong value',
      call: 'GET registered-models/alias',
      body: { name: 'a', alias: 'none' },
    },
    ...{ status: 400, message: 'Registered model alias none not found.' },
  },
  {
    ...{
      rule: 'latest is the highest version',
      call: 'GET registered-models/alias',
      body: { name: 'a', alias: 'Latest' },
    },
    answer: { model_version: { version: '3' } },
  },
  { rule: 'a version is deleted', call: 'DELETE model-versions/delete', body: { name: 'a', version: '3' } },
  {
    ...{ rule: 'its alias points nowhere any more', call: 'GET registered-models/alias', status: 400 },
    ...{ body: { name: 'a', alias: 'champion' }, message: 'Registered model alias champion not found.' },
  },
  {
    ...{
      rule: 'a number is never given again',
      call: 'POST model-versions/create',
      body: { name: 'a', source: 's3://b/x' },
    },
    answer: { model_version: { version: '4' } },
  },
  { rule: 'another model is made', call: 'POST registered-models/create', body: { name: 'b' } },
  {
    ...{
      rule: 'no versions, no latest',
      call: 'GET registered-models/alias',
      body: { name: 'b', alias: 'latest' },
      status: 404,
    },
    message: 'Latest version not found for model b.',
  },
  {
    ...{
      rule: 'a taken name is no new one',
      call: 'POST registered-models/rename',
      body: { name: 'b', new_name: 'a' },
    },
    ...{ status: 400, code: 'RESOURCE_ALREADY_EXISTS', message: 'Registered Model (name=a) already exists.' },
  },
  {
    ...{
      rule: 'a model takes its versions along',
      call: 'POST registered-models/rename',
      body: { name: 'a', new_name: 'c' },
    },
    answer: { registered_model: { name: 'c' } },
  },
  { rule: 'the versions are there', call: 'GET model-versions/get', body: { name: 'c', version: '1' } },
  { rule: 'the old name is free', call: 'GET registered-models/get', body: { name: 'a' }, status: 404 },
];
