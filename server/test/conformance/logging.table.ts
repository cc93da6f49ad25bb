import { API, type Case, missing, tooLong, wrongCharacters, wrongPath, wrongType } from './case.ts';

const run_id = '$run';
const metric = (fields: object) => ({ run_id, key: 'm', value: 1, timestamp: 1, ...fields });
const batch = (fields: object) => ({ run_id, ...fields });
const many = (count: number, fields: object) => Array.from({ length: count }, (_, i) => ({ key: `k${i}`, ...fields }));
const atMost = (what: string, most: number, got: number) =>
  `A batch logging request can contain at most ${most} ${what}. Got ${got} ${what}. Please split up ${what} across multiple requests and try again.`;
const early = (value: string, parameter: string) =>
  `Invalid value ${value} for parameter '${parameter}' supplied: metric 'm' (value=1.0). Timestamp must be a nonnegative long (64-bit integer) `;

/** How one key is refused by each call that takes one; `at` is where it says so. */
const KEYED = [
  { call: 'POST runs/set-tag', at: 'key', long: 'key', body: (key: string) => ({ run_id, key, value: 'v' }) },
  {
    call: 'POST runs/log-parameter',
    at: 'key',
    long: 'Param key',
    body: (key: string) => ({ run_id, key, value: 'v' }),
  },
  { call: 'POST runs/log-metric', at: 'name', long: 'Metric name', body: (key: string) => metric({ key }) },
  {
    call: 'POST runs/log-batch',
    at: 'tags[0].key',
    long: 'tags[0].key',
    body: (key: string) => batch({ tags: [{ key, value: 'v' }] }),
  },
  {
    call: 'POST runs/log-batch',
    at: 'params[0].key',
    long: 'Param key',
    body: (key: string) => batch({ params: [{ key, value: 'v' }] }),
  },
  {
    call: 'POST runs/log-batch',
    at: 'metrics[0].name',
    long: 'Metric name',
    body: (key: string) => batch({ metrics: [{ key, value: 1, timestamp: 1 }] }),
  },
] as const;

const keys = KEYED.flatMap(({ call, at, long, body }): Case[] => {
  const refused = (what: string, key: string, message: string): Case => ({
    rule: `${call} refuses ${what} at ${at}`,
    call,
    body: body(key),
    status: 400,
    message,
  });
  return [
    refused('a character of no file', 'a$b', wrongCharacters('a$b', at)),
    refused('a combining mark', 'a\u0301', wrongCharacters('a\\u0301', at)),
    refused('a line break', 'a\nb', wrongCharacters('a\\nb', at)),
    refused('a quote', 'a"b', wrongCharacters('a\\"b', at)),
    refused('a path upwards', '../x', wrongPath('../x', at, '../x')),
    refused('two dots at the start', '..x', wrongPath('..x', at, '..x')),
    refused('an empty part', 'a//b', wrongPath('a//b', at, 'a/b')),
    refused('a slash at the end', 'a/', wrongPath('a/', at, 'a')),
    refused('two slashes at the start', '//a', wrongPath('//a', at, '//a')),
    refused('a path', '/a', wrongPath('/a', at, '/a')),
    refused('251 characters', '$long251', tooLong(long, 250)),
    { rule: `${call} takes 250 characters at ${at}`, call, body: body('$long250') },
    { rule: `${call} takes letters and digits of all alphabets at ${at}`, call, body: body('日本/é ²½:a-b_c.d') },
  ];
});

export const logging: readonly Case[] = [
  ...keys,
  {
    rule: 'a metric needs a key',
    call: 'POST runs/log-metric',
    body: { run_id, value: 1, timestamp: 1 },
    status: 400,
    message: missing('key'),
  },
  {
    rule: 'a metric needs a value',
    call: 'POST runs/log-metric',
    body: { run_id, key: 'm', timestamp: 1 },
    status: 400,
    message: missing('value'),
  },
  {
    rule: 'a metric needs a time',
    call: 'POST runs/log-metric',
    body: { run_id, key: 'm', value: 1 },
    status: 400,
    message: missing('timestamp'),
  },
  {
    rule: 'a metric is a number',
    call: 'POST runs/log-metric',
    body: metric({ value: 'abc' }),
    status: 400,
    message: wrongType('"abc"', 'value', 'str'),
  },
  {
    rule: 'a number is not written as in source code',
    call: 'POST runs/log-metric',
    body: metric({ value: '0x10' }),
    status: 400,
    message: wrongType('"0x10"', 'value', 'str'),
  },
  {
    rule: 'a step is a whole number',
    call: 'POST runs/log-metric',
    body: metric({ step: 'foo' }),
    status: 400,
    message: wrongType('"foo"', 'step', 'str'),
  },
  {
    rule: 'a time is a whole number',
    call: 'POST runs/log-metric',
    body: metric({ timestamp: 'foo' }),
    status: 400,
    message: wrongType('"foo"', 'timestamp', 'str'),
  },
  {
    rule: 'a time is not before 1970',
    call: 'POST runs/log-metric',
    body: metric({ timestamp: -1 }),
    status: 400,
    message: early('-1', 'timestamp'),
  },
  {
    rule: 'a time of a batch is not before 1970',
    call: 'POST runs/log-batch',
    body: batch({ metrics: [{ key: 'm', value: 1, timestamp: -1 }] }),
    status: 400,
    message: early('-1', 'metrics[0].timestamp'),
  },
  {
    rule: 'a metric may come in text, as R sends it',
    call: 'POST runs/log-metric',
    body: metric({ value: '1.25', timestamp: '12', step: '-3' }),
  },
  {
    rule: 'a metric may come as a whole number with a point',
    call: 'POST runs/log-metric',
    raw: '{"run_id": "$run", "key": "m", "value": 1.0, "timestamp": 5.0, "step": 1e2}',
  },
  ...['NaN', 'Infinity', '-Infinity'].flatMap((value) => [
    { rule: `${value} may come in text`, call: 'POST runs/log-metric', body: metric({ key: `text${value}`, value }) },
    {
      rule: `${value} may come bare, as Python writes it`,
      call: 'POST runs/log-metric',
      raw: `{"run_id": "$run", "key": "bare${value}", "value": ${value}, "timestamp": 1}`,
    },
  ]),
  {
    rule: 'a metric of a model that is not there is refused',
    call: 'POST runs/log-metric',
    body: metric({ model_id: 'm-none' }),
    status: 404,
    code: 'RESOURCE_DOES_NOT_EXIST',
    message: "Logged model with ID 'm-none' not found.",
  },
  { rule: 'a param may be empty', call: 'POST runs/log-parameter', body: { run_id, key: 'empty', value: '' } },
  {
    rule: 'a param is a text',
    call: 'POST runs/log-parameter',
    body: { run_id, key: 'p', value: 41 },
    status: 400,
    message: wrongType('41', 'value', 'int'),
  },
  {
    rule: 'a long param is cut',
    call: 'POST runs/log-parameter',
    body: { run_id, key: 'long', value: 'v'.repeat(6_001) },
  },
  {
    rule: 'and is the same again when it comes again',
    call: 'POST runs/log-parameter',
    body: { run_id, key: 'long', value: `${'v'.repeat(6_000)}w` },
  },
  { rule: 'a param is logged once', call: 'POST runs/log-parameter', body: { run_id, key: 'once', value: "it's" } },
  {
    rule: 'a param never changes',
    call: 'POST runs/log-parameter',
    body: { run_id, key: 'once', value: '2' },
    status: 400,
    message:
      "Changing param values is not allowed. Param with key='once' was already logged with value='it's' for run ID='$run'. Attempted logging new value '2'.",
  },
  {
    rule: 'nor in a batch',
    call: 'POST runs/log-batch',
    body: batch({ params: [{ key: 'once', value: '2' }] }),
    status: 400,
    message: `Changing param values is not allowed. Params were already logged='[{'key': 'once', 'old_value': "it's", 'new_value': '2'}]' for run ID='$run'.`,
  },
  {
    rule: 'a key comes once in a batch',
    call: 'POST runs/log-batch',
    body: batch({ params: [{ key: 'd' }, { key: 'd' }, { key: 'e' }, { key: 'e' }] }),
    status: 400,
    message:
      "Duplicate parameter keys have been submitted: ['d', 'e']. Please ensure the request contains only one param value per param key.",
  },
  { rule: 'an empty batch is a batch', call: 'POST runs/log-batch', body: batch({}), answer: {} },
  {
    rule: 'a batch has at most 1000 metrics',
    call: 'POST runs/log-batch',
    body: batch({ metrics: many(1_001, { value: 1, timestamp: 1 }) }),
    status: 400,
    message: atMost('metrics', 1_000, 1_001),
  },
  {
    rule: 'a batch has at most 100 params',
    call: 'POST runs/log-batch',
    body: batch({ params: many(101, { value: '1' }) }),
    status: 400,
    message: atMost('params', 100, 101),
  },
  {
    rule: 'a batch has at most 100 tags',
    call: 'POST runs/log-batch',
    body: batch({ tags: many(101, { value: '1' }) }),
    status: 400,
    message: atMost('tags', 100, 101),
  },
  {
    rule: 'a batch has at most 1000 of all',
    call: 'POST runs/log-batch',
    body: batch({
      metrics: many(950, { value: 1, timestamp: 1 }),
      params: many(30, { value: '1' }),
      tags: many(30, { value: '1' }),
    }),
    status: 400,
    message: atMost('metrics, params, and tags', 1_000, 1_010),
  },
  {
    rule: 'names are looked at before the number of them',
    call: 'POST runs/log-batch',
    body: batch({ params: [...many(101, { value: '1' }), { key: 'a$b' }] }),
    status: 400,
    message: wrongCharacters('a$b', 'params[101].key'),
  },
  ...(['metrics', 'params', 'tags'] as const).flatMap((field): Case[] => [
    {
      rule: `${field} of a batch are a list`,
      call: 'POST runs/log-batch',
      body: batch({ [field]: 'x' }),
      status: 400,
      message: wrongType('"x"', field, 'str'),
    },
    {
      rule: `each of the ${field} of a batch has a key`,
      call: 'POST runs/log-batch',
      body: batch({ [field]: [{ value: '1', timestamp: 1 }] }),
      status: 400,
      message: missing(`${field}[0].key`),
    },
  ]),
  {
    rule: 'each metric of a batch has a value',
    call: 'POST runs/log-batch',
    body: batch({ metrics: [{ key: 'a', timestamp: 1 }] }),
    status: 400,
    message: missing('metrics[0].value'),
  },
  {
    rule: 'each metric of a batch has a time',
    call: 'POST runs/log-batch',
    body: batch({
      metrics: [
        { key: 'a', value: 1, timestamp: 1 },
        { key: 'b', value: 1 },
      ],
    }),
    status: 400,
    message: missing('metrics[1].timestamp'),
  },
  {
    rule: 'the id of a run of a batch looks like one',
    call: 'POST runs/log-batch',
    body: { run_id: 'a/b' },
    status: 400,
    message: `Invalid value "a/b" for parameter 'run_id' supplied.`,
  },
  {
    rule: 'a tag that is not there cannot be deleted',
    call: 'POST runs/delete-tag',
    body: { run_id, key: 'zz' },
    status: 404,
    code: 'RESOURCE_DOES_NOT_EXIST',
    message: 'No tag with name: zz in run with id $run',
  },
  {
    rule: 'an input is logged',
    call: 'POST runs/log-inputs',
    body: {
      run_id,
      datasets: [
        {
          tags: [{ key: 'mlflow.data.context', value: 'train' }],
          dataset: { name: 'd', digest: '1', source_type: 'local', source: 's', schema: '{}' },
        },
      ],
    },
  },
  {
    rule: 'an input that is logged again is the same',
    call: 'POST runs/log-inputs',
    body: {
      run_id,
      datasets: [
        {
          tags: [{ key: 'mlflow.data.context', value: 'eval' }],
          dataset: { name: 'd', digest: '1', source_type: 'other', source: 't' },
        },
      ],
    },
  },
  {
    rule: 'what was said of an input first stays',
    call: 'GET runs/get',
    query: { run_id },
    answer: {
      run: {
        inputs: {
          dataset_inputs: [
            {
              tags: [{ key: 'mlflow.data.context', value: 'train' }],
              dataset: { name: 'd', digest: '1', source_type: 'local', source: 's', schema: '{}' },
            },
          ],
        },
      },
    },
  },
  {
    rule: 'a context may be empty',
    call: 'POST runs/log-inputs',
    body: {
      run_id: '$run',
      datasets: [{ tags: [{ key: 'mlflow.data.context', value: '' }], dataset: { name: 'd', digest: '1' } }],
    },
  },
  ...(
    [
      ['name', 500],
      ['digest', 36],
      ['source', 65_535],
      ['schema', 1_048_575],
    ] as const
  ).map(
    ([field, most]): Case => ({
      rule: `the ${field} of an input is not too long`,
      call: 'POST runs/log-inputs',
      body: { run_id, datasets: [{ dataset: { name: 'a', digest: 'b', [field]: 'x'.repeat(most + 1) } }] },
      status: 400,
      message: tooLong(field, most),
    }),
  ),
  {
    rule: 'an unknown field is nobody’s business',
    call: 'POST runs/set-tag',
    body: { run_id, key: 'k', value: 'v', bogus: [1] },
    answer: {},
  },
  {
    rule: 'the first wrong field is told',
    call: 'POST runs/log-metric',
    body: { run_id: 5, key: 6, value: 'x' },
    status: 400,
    message: `Invalid value 5 for parameter 'run_id' supplied:  Hint: Value was of type 'int'.${API}`,
  },
];
