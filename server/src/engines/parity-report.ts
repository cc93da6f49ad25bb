import { type Static, Type } from 'typebox';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

/** The ways in which the golden requests were sent to the worker. */
export const ParityCheck = Type.Object({
  name: Type.Union([
    Type.Literal('one-by-one'),
    Type.Literal('batch'),
    Type.Literal('shuffled'),
    Type.Literal('twice'),
    Type.Literal('concurrent'),
  ]),
  rows: Type.Integer({ description: 'Rows that were compared.' }),
  differing: Type.Integer({ description: 'Rows beyond the tolerance.' }),
  max_difference: Type.Number({ description: 'Largest difference of a number; 0 when there is none.' }),
  label_flips: Type.Integer({ description: 'Rows whose label, or decision at the threshold, changed.' }),
});

/** The first golden row that the worker did not reproduce. */
export const FirstDifference = Type.Object({
  check: Type.String(),
  request: Type.String({ description: 'Name of the golden request: `sample`, `edge:null:COL` …' }),
  row: Type.Integer({ description: 'Row within that request, from 0.' }),
  output: Nullable(Type.String({ description: 'Which output of the row; null when there is one.' })),
  expected: Type.String(),
  got: Type.String(),
  difference: Nullable(Type.Number()),
});

export const EnvironmentDifference = Type.Object({
  package: Type.String({ description: '`python` stands for the interpreter.' }),
  recorded: Nullable(Type.String()),
  here: Nullable(Type.String()),
  level: Type.Union([
    Type.Literal('patch'),
    Type.Literal('minor'),
    Type.Literal('major'),
    Type.Literal('missing'),
    Type.Literal('added'),
  ]),
});

/** The verdict of the parity gate: did the very worker that will serve reproduce the golden answers? */
export const ParityReport = Type.Object({
  passed: Type.Boolean(),
  engine: Type.Union([Type.Literal('onnx'), Type.Literal('python')]),
  golden: Type.Object({
    sha256: Type.String(),
    origin: Type.Union([Type.Literal('job'), Type.Literal('rebuilt')]),
    requests: Type.Integer(),
    rows: Type.Integer(),
  }),
  checks: Type.Array(ParityCheck),
  max_difference: Type.Number(),
  label_flips: Type.Integer(),
  /** Golden requests that had to be refused and were answered, or the other way round. */
  refusals: Type.Integer(),
  first: Nullable(FirstDifference),
  cause: Nullable(Type.String({ description: 'The likely cause, for a person.' })),
  environment: Type.Array(EnvironmentDifference),
  message: Type.String({ description: 'The verdict in one or two sentences, for a person.' }),
  seconds: Type.Number(),
});

export type ParityCheck = Static<typeof ParityCheck>;
export type FirstDifference = Static<typeof FirstDifference>;
export type EnvironmentDifference = Static<typeof EnvironmentDifference>;
export type ParityReport = Static<typeof ParityReport>;
