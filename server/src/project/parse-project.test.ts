import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parseProject } from './parse-project.ts';
import { formatProblem } from './problem.ts';

const good = `project: flights
datasets:
  flights: { label: late, event_time: event_time, key: flight_key }
jobs:
  train:
    command: [python, train.py]
    inputs: { flights: flights }
gates:
  better: { metric: log_loss, margin: 0, minimum_rows: 1000, slices: [origin] }
endpoints:
  flights:
    model: flights
    prediction: { kind: probability, column: "1", threshold: 0.3 }
    event_time: { header: bucle-event-time }
    key: flight_key
monitors:
  flights:
    window: 7d
    reference: flights
    budget: { false_alarms_per_year: 1 }
    labels: { mature_after: 7d }
    quality: { metric: log_loss, tolerance: 0.02 }
policies:
  flights:
    endpoint: flights
    job: train
    input: flights
    triggers: [ { drift: data }, { quality: drop }, { schedule: "0 3 * * 1" }, { labels: 5000 } ]
    data: { from: captures, dataset: flights, window: expanding, holdout: 28d }
    cooldown: 28d
    budget: { firings_per_year: 12 }
    gate: better
    rollout: { steps: [10, 50, 100], min_seconds: 60, min_requests: 200 }
`;

const edit = (from: string, to: string) => {
  if (!good.includes(from)) throw new Error(`The good file has no ${from}`);
  return good.replace(from, to);
};

const problemsOf = (text: string) =>
  (parseProject(text).problems ?? []).map((problem) => formatProblem('bucle.yaml', problem));

describe('a project file', () => {
  test('that is right has no problems', () => {
    expect(problemsOf(good)).toEqual([]);
    expect(parseProject(good).file).toMatchObject({ project: 'flights', gates: { better: { metric: 'log_loss' } } });
  });

  const wrong: [title: string, text: string, problems: string[]][] = [
    [
      'an empty file',
      '',
      [
        '1:1: the file is empty; expected at least the name of the project; write `project: NAME`, or let `bucle export` write the file',
      ],
    ],
    [
      'a file of comments',
      '# nothing yet\n',
      [
        '1:1: the file is empty; expected at least the name of the project; write `project: NAME`, or let `bucle export` write the file',
      ],
    ],
    [
      'what is no YAML',
      'flights\nare late\n  and: here\n',
      ['1:1: the text goes over several lines; expected `key: value`; add the `:` that is missing'],
    ],
    [
      'a list where a project belongs',
      '- a\n- b\n',
      ['1:1: it is a list; expected a project; write `key: value` lines, indented below it'],
    ],
    [
      'a tab as indentation',
      edit('  train:\n', '\ttrain:\n'),
      ['5:1: a tab indents this line; expected spaces; replace each tab by two spaces'],
    ],
    [
      'an indentation that fits nothing',
      edit('    inputs: { fl', '   inputs: { fl'),
      [
        '7:1: the indentation fits no line above; expected members of one mapping or list below each other; move the line to the column of its siblings',
      ],
    ],
    [
      'a list that is not closed',
      edit('[python, train.py]', '[python, train.py'),
      ['7:5: something opened above is not closed; expected a closing ]; add it, or remove what opens it'],
    ],
    [
      'a quote that is not closed',
      edit('"1"', '"1'),
      ['13:66: something opened above is not closed; expected a closing "; add it, or remove what opens it'],
    ],
    [
      'a second document',
      `${good}---\nproject: b\n`,
      [
        '34:1: a second document begins here; expected one document in a file; remove the line `---`, or make two files',
      ],
    ],
    [
      'a key that is there twice',
      edit('    model: flights\n', '    model: flights\n    model: planes\n'),
      ['13:5: the key "model" is there twice; expected each key once; remove one of them, or rename it'],
    ],
    [
      'a section that is there twice',
      `${good}gates: {}\n`,
      ['34:1: the key "gates" is there twice; expected each key once; remove one of them, or rename it'],
    ],
    [
      'a list for a section',
      `project: a\ndatasets: &a { x: {} }\njobs: [${'*a, '.repeat(3)}]\n`,
      [
        '3:7: jobs is a list; expected names, each with what is declared of it; write `key: value` lines, indented below it',
      ],
    ],
    [
      'an alias that stands for very many values',
      `a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d]\n`,
      [
        '5:5: the aliases (`*name`) stand for more than 20,000 values; expected a file that says each thing once; write the values out, without `&name` and `*name`',
      ],
    ],
    [
      'an alias of itself',
      'project: a\ngates: &a { b: *a }\n',
      [
        '2:16: the values lie in one another too deeply; expected at most 32 levels; write the values out, without `&name` and `*name`',
      ],
    ],
    [
      'an alias without an anchor',
      edit('gate: better', 'gate: *better'),
      ['32:11: the alias *better has no anchor; expected `&better` at a value above it; write the value out'],
    ],
    [
      'a tag',
      edit('threshold: 0.3', 'threshold: !percent 30'),
      ['13:62: this tag (`!…`) means nothing here; expected plain values; remove the tag'],
    ],
    [
      'a file that is too large',
      `${good}# ${'x'.repeat(300_000)}\n`,
      ['1:1: the file has 301,023 bytes; expected at most 262,144; keep data and code in files of their own'],
    ],
    [
      'a misspelt section',
      edit('datasets:', 'dataset:'),
      [
        '2:1: a project has no key "dataset"; expected project, datasets, jobs, gates, endpoints, monitors or policies; did you mean "datasets"?',
      ],
    ],
    [
      'a misspelt key',
      edit('label: late', 'labl: late'),
      ['3:14: flights has no key "labl"; expected label, event_time, key or description; did you mean "label"?'],
    ],
    [
      'a file without a project',
      edit('project: flights\n', ''),
      [
        '1:1: the file has no `project`; expected `project`: a name of letters, digits, "-", "_" and "."; add `project: …`',
      ],
    ],
    [
      'a missing key',
      edit('    job: train\n', ''),
      ['24:3: flights has no `job`; expected `job`: a name of letters, digits, "-", "_" and "."; add `job: …`'],
    ],
    [
      'a duration in words',
      edit('window: 7d', 'window: 7 days'),
      ['18:13: window is the text "7 days"; expected a duration such as 7d, 12h 30m or 45s; write 7d'],
    ],
    [
      'a number for a duration',
      edit('cooldown: 28d', 'cooldown: 28'),
      [
        '30:15: cooldown is 28; expected a duration such as 7d, 12h 30m or 45s; write 28d if days are meant, 28h for hours, 28m for minutes',
      ],
    ],
    [
      'a unit that durations do not have',
      edit('holdout: 28d', 'holdout: 4w'),
      ['29:75: holdout is the text "4w"; expected a duration such as 7d, 12h 30m or 45s; write 28d'],
    ],
    [
      'a text for a number',
      edit('threshold: 0.3', 'threshold: "30%"'),
      ['13:62: threshold is the text "30%"; expected a number; write 0.3 without quotes or signs'],
    ],
    [
      'a number for a text',
      edit('column: "1"', 'column: 1'),
      ['13:46: column is 1; expected the name of an output in quotes; write "1" in quotes'],
    ],
    [
      'a text for a list',
      edit('[python, train.py]', 'python train.py'),
      [
        '6:14: command is the text "python train.py"; expected a list of words, such as [python, train.py]; write [python, train.py]',
      ],
    ],
    [
      'a list for a mapping',
      edit('{ flights: flights }', '[flights]'),
      [
        '7:13: inputs is a list; expected input names, each with a dataset; write `key: value` lines, indented below it',
      ],
    ],
    [
      'a key without a value',
      edit('key: flight_key\nmon', 'key:\nmon'),
      ['15:9: key is empty; expected the name of a feature; write a value behind the colon, or remove the key'],
    ],
    [
      'an unknown metric',
      edit('metric: log_loss, margin', 'metric: logloss, margin'),
      [
        '9:21: metric is the text "logloss"; expected auc, log_loss, brier, average_precision, accuracy, balanced_accuracy, precision, recall, f1, mae, rmse, bias or r2; did you mean "log_loss"?',
      ],
    ],
    [
      'a negative tolerance',
      edit('tolerance: 0.02', 'tolerance: -0.5'),
      ['22:45: tolerance is -0.5; expected a number of at least 0; write 0.5, or remove the key'],
    ],
    [
      'a negative budget',
      edit('firings_per_year: 12', 'firings_per_year: -1'),
      ['31:33: firings_per_year is -1; expected a whole number of at least 1; write 1, or remove the key'],
    ],
    [
      'half a row',
      edit('minimum_rows: 1000', 'minimum_rows: 0.5'),
      ['9:56: minimum_rows is 0.5; expected a whole number of at least 1; write 1'],
    ],
    [
      'two triggers in one entry',
      edit('{ drift: data }, {', '{ drift: data,'),
      [
        '28:17: entry 1 of triggers has drift and quality; expected one of `schedule`, `drift`, `quality`, `labels`, `dataset` and `webhook`; keep one of them; each further one gets an entry of its own',
      ],
    ],
    [
      'an empty trigger',
      edit('{ drift: data }', '{ }'),
      [
        '28:17: entry 1 of triggers is empty; expected one of `schedule`, `drift`, `quality`, `labels`, `dataset` and `webhook`; add what is missing, or remove the key',
      ],
    ],
    [
      'an unknown trigger',
      edit('{ drift: data }', '{ drifts: data }'),
      [
        '28:19: entry 1 of triggers has no key "drifts"; expected schedule, drift, quality, labels, dataset or webhook; did you mean "drift"?',
      ],
    ],
    [
      'two sources of event time',
      edit('{ header: bucle-event-time }', '{ header: a, feature: b }'),
      [
        '14:5: event_time has header and feature; expected either `header: NAME` or `feature: NAME`; keep one of them; each further one gets an entry of its own',
      ],
    ],
    [
      'a name with spaces',
      edit('  better: {', '  "my gate!": {'),
      [
        '9:3: "my gate!" can\'t be a name in gates; expected letters, digits, "-", "_" and ".", at most 100; write my-gate',
      ],
    ],
    [
      'an unknown gate',
      edit('gate: better', 'gate: beter'),
      ['32:11: there is no gate "beter"; expected better; did you mean "better"?'],
    ],
    [
      'an unknown job',
      edit('job: train', 'job: trian'),
      ['26:10: there is no job "trian"; expected train; did you mean "train"?'],
    ],
    [
      'a monitor of an unknown endpoint',
      edit('  flights:\n    window', '  flight:\n    window'),
      ['17:3: there is no endpoint "flight"; expected flights; did you mean "flights"?'],
    ],
    [
      'an unknown dataset',
      edit('reference: flights', 'reference: planes'),
      ['19:16: there is no dataset "planes"; expected flights; write flights'],
    ],
    [
      'an unknown input',
      edit('input: flights', 'input: flight'),
      ['27:12: the job train has no input "flight"; expected flights; did you mean "flights"?'],
    ],
    [
      'steps that fall',
      edit('[10, 50, 100]', '[50, 10, 100]'),
      [
        '33:28: step 2 (10 %) is not above the one before (50 %); expected rising percentages that end in 100; write [10, 50, 100]',
      ],
    ],
    [
      'steps that end too low',
      edit('[10, 50, 100]', '[10, 50]'),
      [
        '33:28: the last step is 50 %, so the new version never gets all; expected rising percentages that end in 100; write [10, 50, 100]',
      ],
    ],
    [
      'a step above 100 %',
      edit('[10, 50, 100]', '[10, 150]'),
      ['33:28: entry 2 of steps is 150; expected a percentage above 0 and up to 100; write 100, or remove the key'],
    ],
    [
      'a window that is no longer than the holdout',
      edit('window: expanding', 'window: 14d'),
      [
        '29:55: the window 14d is not longer than the holdout 28d; expected more than 28d; write a longer window, a shorter holdout, or `expanding`',
      ],
    ],
    [
      'a schedule in words',
      edit('"0 3 * * 1"', '"every monday"'),
      [
        '28:65: the schedule "every monday" has not five fields; expected minute, hour, day of the month, month and day of the week, at most once an hour; write "0 3 * * 1" for each Monday at 03:00 UTC',
      ],
    ],
    [
      'a schedule that comes too often',
      edit('"0 3 * * 1"', '"* * * * *"'),
      [
        '28:65: the schedule "* * * * *" comes more often than once an hour; expected minute, hour, day of the month, month and day of the week, at most once an hour; write "0 3 * * 1" for each Monday at 03:00 UTC',
      ],
    ],
    [
      'a metric that does not fit the prediction',
      edit('{ metric: log_loss, tol', '{ metric: mae, tol'),
      [
        "22:24: mae can't be measured of flights, which predicts a probability; expected one of auc, log_loss, brier, average_precision, accuracy, balanced_accuracy, precision, recall or f1; take auc, or correct `prediction` of the endpoint",
      ],
    ],
    [
      'a dataset without label for captures',
      edit('label: late, ', ''),
      [
        '29:38: the dataset flights does not say which column is its label; expected `label: COLUMN` there, so that captured rows can be added to it; add it under `datasets`',
      ],
    ],
    [
      'a slice that is there twice',
      edit('[origin]', '[origin, origin]'),
      ['9:70: entry 2 of slices is there already; expected each once; remove one of them'],
    ],
    [
      'captures without a holdout',
      edit(', holdout: 28d', ''),
      [
        '29:19: data from captures has no `holdout`; expected `holdout`: a duration, the newest block that the gate judges on; add `holdout: 28d`',
      ],
    ],
    [
      'several mistakes, in the order of the file,',
      edit('label: late', 'labl: late').replace('window: 7d', 'window: 7 days').replace('gate: better', 'gate: beter'),
      [
        '3:14: flights has no key "labl"; expected label, event_time, key or description; did you mean "label"?',
        '18:13: window is the text "7 days"; expected a duration such as 7d, 12h 30m or 45s; write 7d',
      ],
    ],
    [
      'a key that objects have by nature',
      edit('label: late', '__proto__: late'),
      [
        '3:14: flights has no key "__proto__"; expected label, event_time, key or description; write label, event_time, key or description',
      ],
    ],
  ];

  test.each(wrong)('wrong is %s: place, what was expected and what to do are said', (_title, text, problems) => {
    expect(problemsOf(text)).toEqual(problems.map((problem) => `bucle.yaml:${problem}`));
  });
});

test('the example is valid', async () => {
  const example = await readFile(new URL('../../../examples/flights/bucle.yaml', import.meta.url), 'utf8');
  expect(problemsOf(example)).toEqual([]);
});
