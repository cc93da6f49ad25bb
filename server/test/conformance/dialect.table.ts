import { type Case, missing } from './case.ts';

const TAG = '{"run_id":"$run","key":"dialect","value":"1"}';
const wrongType = "Bad Request. Content-Type must be one of ['application/json'].";
const call = 'POST runs/set-tag';

export const dialect: readonly Case[] = [
  { rule: 'a body may be encoded twice', call, raw: JSON.stringify(TAG), answer: {} },
  { rule: 'an empty body is an empty object', call, raw: '', status: 400, message: missing('run_id') },
  { rule: 'null is an empty object', call, raw: 'null', status: 400, message: missing('run_id') },
  { rule: 'a byte order mark is nothing', call, raw: `\ufeff${TAG}`, answer: {} },
  {
    rule: 'a list is no request',
    call,
    raw: '[]',
    status: 400,
    code: 'BAD_REQUEST',
    message: 'The request body must be a JSON object.',
  },
  ...['application/json; charset=utf-8', 'application/json;charset=UTF-8', 'Application/JSON'].map(
    (type): Case => ({ rule: `${type} is JSON`, call, raw: TAG, type, answer: {} }),
  ),
  ...['text/plain', 'application/jsonx', 'application/x-www-form-urlencoded', 'application/json, text/plain'].map(
    (type): Case => ({ rule: `${type} is not JSON`, call, raw: TAG, type, status: 400, message: wrongType }),
  ),
  {
    rule: 'a body has a type',
    call,
    raw: TAG,
    type: null,
    status: 400,
    message: 'Bad Request. Content-Type header is missing.',
  },
  {
    rule: 'a body of no type and nothing in it is refused too',
    call,
    type: null,
    status: 400,
    message: 'Bad Request. Content-Type header is missing.',
  },
  ...['/api/2.0/mlflow/', '/ajax-api/2.0/mlflow/'].map(
    (prefix): Case => ({
      rule: `${prefix} answers`,
      call: `GET ${prefix}experiments/get`,
      query: { experiment_id: '0' },
      answer: { experiment: { name: 'Default' } },
    }),
  ),
  {
    rule: 'an API that there is not is told in the words that clients fall back on',
    call: 'POST nope',
    body: {},
    status: 404,
    code: 'ENDPOINT_NOT_FOUND',
  },
];
