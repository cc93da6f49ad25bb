import { type Static, Type } from 'typebox';
import { metricNames } from '../loop/evaluate/index.ts';
import { DURATION_PATTERN } from '../platform/duration.ts';

// The one source of what bucle.yaml may say: it validates, types, and is published for editors. `title` is what an
// error says after "expected", `description` what an editor shows.

const strict = { additionalProperties: false } as const;
const atLeastOne = { minProperties: 1, ...strict } as const;

const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$';
const NAME_TITLE = 'a name of letters, digits, "-", "_" and "."';

const name = (description: string) => Type.String({ pattern: NAME_PATTERN, title: NAME_TITLE, description });
const text = (title: string, description: string) => Type.String({ minLength: 1, maxLength: 500, title, description });
const whole = (minimum: number, description: string) =>
  Type.Integer({ minimum, title: `a whole number of at least ${minimum}`, description });
const notNegative = (description: string) =>
  Type.Number({ minimum: 0, maximum: 1e12, title: 'a number of at least 0', description });
const duration = (description: string) =>
  Type.String({ pattern: DURATION_PATTERN, title: 'a duration such as 7d, 12h 30m or 45s', description });
const column = (description: string) => text('the name of a column', description);
const columns = (description: string, maxItems = 1_000) =>
  Type.Array(column(description), {
    minItems: 1,
    maxItems,
    uniqueItems: true,
    title: 'a list of names',
    description,
  });

/** A section: name → what is declared of it. */
function section<T extends Parameters<typeof Type.Record>[1]>(of: T, description: string) {
  const key = Type.String({ pattern: NAME_PATTERN });
  return Type.Optional(
    Type.Record(key, of, { ...strict, title: 'names, each with what is declared of it', description }),
  );
}

const metric = (description: string) => Type.Enum([...metricNames], { title: 'a metric', description });

const DatasetSpec = Type.Object(
  {
    label: Type.Optional(column('Column with what is to be predicted.')),
    event_time: Type.Optional(column('Column that says when a row happened.')),
    key: Type.Optional(column('Column that names the thing that a row is about.')),
    description: Type.Optional(Type.String({ maxLength: 2_000, title: 'a text' })),
  },
  { ...strict, description: 'What the columns of a dataset mean. Versions of it are pushed by `bucle data push`.' },
);

const JobSpec = Type.Object(
  {
    command: Type.Array(Type.String({ maxLength: 32_768, title: 'a word of the command' }), {
      minItems: 1,
      maxItems: 1_000,
      title: 'a list of words, such as [python, train.py]',
      description: 'The program and its arguments; it runs in a copy of the folder of this file.',
    }),
    inputs: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$' }),
        Type.String({
          pattern: '^(dataset:)?[A-Za-z0-9][A-Za-z0-9._-]{0,99}(@(latest|[1-9][0-9]{0,8}))?$',
          title: 'a dataset such as flights or flights@3',
        }),
        {
          ...strict,
          title: 'input names, each with a dataset',
          description: 'Found at $BUCLE_INPUT_NAME by the code.',
        },
      ),
    ),
    experiment: Type.Optional(text('the name of an experiment', 'MLflow experiment of its runs; absent: Default.')),
    requirements: Type.Optional(
      text('a path in the folder', 'Requirements file; absent: the uv.lock or requirements.txt that is found.'),
    ),
    retries: Type.Optional(whole(0, 'How often a failure of the code is tried again; absent: 0.')),
    time_limit: Type.Optional(duration('After it the command is ended; absent: none.')),
  },
  {
    ...strict,
    title: 'a job with its command',
    description: 'A job that a policy or `bucle jobs run --template` starts.',
  },
);

const margin = (description: string) => Type.Number({ minimum: -1e9, maximum: 1e9, title: 'a number', description });

const GateSpec = Type.Object(
  {
    metric: metric('What the candidate must be better in.'),
    margin: Type.Optional(margin('How much better at least; below 0: not clearly worse is enough; absent: 0.')),
    minimum_rows: Type.Optional(whole(1, 'Fewer rows than these decide nothing; absent: 500.')),
    slices: Type.Optional(columns('Columns; a value of one of them that gets clearly worse is a veto.', 20)),
    slice_margin: Type.Optional(notNegative('How much worse a slice may get; absent: 0.')),
    slice_minimum_rows: Type.Optional(whole(2, 'Smaller slices are not judged; absent: 100.')),
    max_latency_ratio: Type.Optional(
      Type.Number({
        ...{ minimum: 0.01, maximum: 10_000, title: 'a number of at least 0.01' },
        description: 'Time per row, candidate by champion; absent: not guarded.',
      }),
    ),
    guards: Type.Optional(
      Type.Array(
        Type.Object(
          { metric: metric('Must not get clearly worse.'), margin: margin('By how much it may get worse.') },
          { ...strict, title: 'a metric and its margin' },
        ),
        { maxItems: 20, title: 'a list of metrics and margins' },
      ),
    ),
    limit: Type.Optional(
      Type.Number({
        title: 'a number',
        description: 'Worst acceptable value of the metric, whatever the champion does.',
      }),
    ),
  },
  { ...strict, title: 'a gate with its metric', description: 'When a candidate may take over from the champion.' },
);

const EndpointSpec = Type.Object(
  {
    model: Type.Optional(text('the name of a registered model', 'Whose versions are deployed here.')),
    prediction: Type.Optional(
      Type.Object(
        {
          kind: Type.Enum(['probability', 'class', 'value'], { title: 'a kind of prediction' }),
          column: Type.Optional(
            text('the name of an output in quotes', 'Output column, or position in a list of probabilities.'),
          ),
          threshold: Type.Optional(
            Type.Number({ title: 'a number', description: 'A probability at or above it is the positive class.' }),
          ),
        },
        { ...strict, title: 'what a prediction means', description: 'Evaluation, monitor and gate read it.' },
      ),
    ),
    event_time: Type.Optional(
      Type.Object(
        {
          header: Type.Optional(text('the name of a header', 'Header of a request that says when it happened.')),
          feature: Type.Optional(text('the name of a feature', 'Feature that says when it happened.')),
        },
        {
          ...{ ...atLeastOne, maxProperties: 1, title: 'either `header: NAME` or `feature: NAME`' },
          description: 'Absent: the moment that the request came.',
        },
      ),
    ),
    key: Type.Optional(text('the name of a feature', 'Feature, or header Bucle-Key, that names what it is about.')),
    timeout: Type.Optional(duration('How long an answer may take; absent: the setting of the gateway.')),
    workers: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 64, title: 'a whole number from 1 to 64', description: 'Per deployment.' }),
    ),
  },
  { ...strict, title: 'what an endpoint declares', description: 'Where predictions are asked for.' },
);

const MonitorSpec = Type.Object(
  {
    window: Type.Optional(duration('How much time one window holds, by event time; absent: 7d.')),
    lateness: Type.Optional(duration('How long after its end a window waits for what comes late; absent: 1d.')),
    reference: Type.Optional(
      name('Dataset whose version trained the stable model; absent: the first windows of the endpoint itself.'),
    ),
    reference_windows: Type.Optional(whole(8, 'Of the reference, the newest so many; absent: all.')),
    floor: Type.Optional(
      Type.Number({
        ...{ minimum: 0, maximum: 1, title: 'a number from 0 to 1' },
        description: 'Jensen–Shannon distance below which a change is small, and raises no alarm; absent: 0.05.',
      }),
    ),
    features: Type.Optional(columns('Those that are watched; absent: all.')),
    minimum_rows: Type.Optional(whole(1, 'A window with fewer rows raises no alarm; absent: 100.')),
    budget: Type.Optional(
      Type.Object(
        {
          false_alarms_per_year: Type.Number({
            exclusiveMinimum: 0,
            maximum: 1_000,
            title: 'a number above 0',
            description: 'How many false alarms you accept, over all features together.',
          }),
        },
        { ...strict, title: 'the false alarms that you accept' },
      ),
    ),
    labels: Type.Optional(
      Type.Object(
        {
          mature_after: Type.Optional(
            duration('So long after its end the labels of a window count as complete; absent: 7d.'),
          ),
          coverage: Type.Optional(
            Type.Number({
              ...{ minimum: 0, maximum: 1, title: 'a share from 0 to 1' },
              description: 'Share of labelled predictions from which quality may raise an alarm; absent: 0.5.',
            }),
          ),
        },
        { ...strict, title: 'when labels are complete' },
      ),
    ),
    quality: Type.Optional(
      Type.Object(
        {
          metric: metric('Measured over each window as its labels mature.'),
          tolerance: notNegative('How much worse than the reference it may get before there is an alarm.'),
        },
        { ...strict, title: 'the metric and its tolerance' },
      ),
    ),
  },
  {
    ...strict,
    title: 'what is watched of an endpoint',
    description: 'What is watched of an endpoint; named as it is.',
  },
);

const TriggerSpec = Type.Object(
  {
    schedule: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 100, title: 'a cron expression such as "0 3 * * 1"' },
        description: 'Minute, hour, day, month, day of the week; UTC, on event time.',
      }),
    ),
    drift: Type.Optional(Type.Enum(['data', 'prediction'], { title: 'which drift', description: 'An alarm of it.' })),
    quality: Type.Optional(Type.Enum(['drop'], { title: 'drop', description: 'The quality alarm of the monitor.' })),
    labels: Type.Optional(whole(1, 'So many matured labelled rows that the stable version has not learnt from.')),
    dataset: Type.Optional(Type.Enum(['pushed'], { title: 'pushed', description: 'A new version of the dataset.' })),
    webhook: Type.Optional(Type.Literal(true, { title: 'true', description: 'A call from elsewhere.' })),
  },
  {
    ...{ ...atLeastOne, maxProperties: 1 },
    title: 'one of `schedule`, `drift`, `quality`, `labels`, `dataset` and `webhook`',
  },
);

const PolicySpec = Type.Object(
  {
    endpoint: name('Endpoint that gets the new version.'),
    model: Type.Optional(
      text('the name of a registered model', 'Gets the new versions; absent: that of the endpoint.'),
    ),
    job: name('Job that trains it.'),
    input: name('Input of that job that gets the training data.'),
    triggers: Type.Array(TriggerSpec, {
      maxItems: 20,
      title: 'a list of triggers',
      description: 'Empty: by hand only.',
    }),
    data: Type.Object(
      {
        from: Type.Enum(['captures', 'dataset'], {
          title: 'where the rows come from',
          description: 'captures: predictions joined to their labels; dataset: waits for pushed versions.',
        }),
        dataset: name('Dataset that captured rows are added to, or whose new versions are trained on.'),
        window: Type.Optional(
          Type.String({
            pattern: `^expanding$|${DURATION_PATTERN}`,
            title: '`expanding` or a duration such as 56d',
            description: 'How far back the rows go; absent: expanding.',
          }),
        ),
        holdout: Type.Optional(duration('captures: the newest matured block, kept out of the training for the gate.')),
        minimum_rows: Type.Optional(whole(1, 'captures: labelled rows that a training needs; absent: 500.')),
        holdout_dataset: Type.Optional(
          name('dataset: where the rows of the gate are; absent: the dataset of the name `DATASET-holdout`.'),
        ),
      },
      { ...strict, title: 'where the training data come from' },
    ),
    cooldown: Type.Optional(duration('Event time between two firings at least; absent: none.')),
    budget: Type.Optional(
      Type.Object(
        {
          firings_per_year: Type.Optional(whole(1, 'More firings in 365 days of event time are refused; absent: 12.')),
          rejections_in_a_row: Type.Optional(
            whole(1, 'After so many candidates that were not better the policy pauses; absent: 3.'),
          ),
        },
        { ...strict, title: 'how often it may fire' },
      ),
    ),
    gate: Type.Optional(name('Gate that the candidate has to pass; absent: the default for what is predicted.')),
    rollout: Type.Optional(
      Type.Object(
        {
          steps: Type.Array(
            Type.Number({ exclusiveMinimum: 0, maximum: 100, title: 'a percentage above 0 and up to 100' }),
            { minItems: 1, maxItems: 20, title: 'a list of percentages that ends in 100' },
          ),
          min_seconds: Type.Optional(notNegative('At each step, at least; absent: 60.')),
          min_requests: Type.Optional(whole(0, 'At each step, at least; absent: 200.')),
          max_seconds: Type.Optional(
            Type.Number({ exclusiveMinimum: 0, title: 'a number above 0', description: 'Then it is aborted.' }),
          ),
        },
        {
          ...strict,
          title: 'the steps of the rollout',
          description: 'Percentages of the traffic, one after the other.',
        },
      ),
    ),
  },
  { ...strict, title: 'a policy', description: 'When to retrain, on what, and how the result gets its traffic.' },
);

export const SCHEMA_PATH = '/schemas/bucle.json';

export const ProjectFile = Type.Object(
  {
    project: name('What plan and apply call it; objects of other projects are left alone.'),
    datasets: section(DatasetSpec, 'Datasets and what their columns mean.'),
    jobs: section(JobSpec, 'Jobs that train.'),
    gates: section(GateSpec, 'Rules of the decision between candidate and champion.'),
    endpoints: section(EndpointSpec, 'Where models answer.'),
    monitors: section(MonitorSpec, 'What is watched, by the name of the endpoint.'),
    policies: section(PolicySpec, 'When and how to retrain.'),
  },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: SCHEMA_PATH,
    ...strict,
    title: 'a project',
    description: 'A project of Bucle: bucle.yaml.',
  },
);

export type ProjectFile = Static<typeof ProjectFile>;
