import { type Static, Type } from 'typebox';
import { ParityReport } from '../../engines/parity-report.ts';
import { PredictionMeaning } from '../../engines/prediction-meaning.ts';

export { PredictionMeaning };

const strict = { additionalProperties: false } as const;
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const Digest = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the bytes.' });

/**
 * `GET`: the desired state. Query: `revision` (the one the gateway has; absent: answer at once) and `wait`
 * (seconds, 0 to 30). 200 with the document as soon as its revision differs, 304 when `wait` ran out.
 */
export const DESIRED_STATE_PATH = '/api/v1/gateway/desired-state';
/** `POST`: an {@link ObservationReport}; 204. The gateway repeats the whole report on each change and every 10 s. */
export const OBSERVATIONS_PATH = '/api/v1/gateway/observations';

/** A file to fetch, its bytes fixed by their hash. */
export const RemoteFile = Type.Object(
  {
    path: Type.String({ minLength: 1, maxLength: 1024, description: 'Relative, `/` between parts.' }),
    size: Type.Integer({ minimum: 0 }),
    sha256: Digest,
    url: Type.String({ description: 'Absolute, or relative to the control server.' }),
  },
  strict,
);

export const DesiredDeployment = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 100, description: 'Never used again for other content.' }),
    version: Type.String({ description: '`version:flights/3`: what Bucle-Model-Version says.' }),
    model: Type.Object(
      {
        id: Type.String({ description: '`m-…`' }),
        files: Type.Array(RemoteFile, { description: 'The whole folder of the model, MLmodel among them.' }),
      },
      strict,
    ),
    engine: Type.Union([Type.Literal('auto'), Type.Literal('onnx'), Type.Literal('python')]),
    /** Files `model.onnx` and `conversion.json`. With engine `auto` or `onnx`, both nulls mean: still converting. */
    onnx: Nullable(Type.Object({ files: Type.Array(RemoteFile) }, strict)),
    /** Why there is no ONNX form. */
    conversion_reason: Nullable(Type.String()),
    /** `golden.json`; null: the gateway refuses the deployment, because nothing can be proved. */
    golden: Nullable(Type.Object({ url: Type.String(), sha256: Digest }, strict)),
    /** Text of the requirements file for a Python worker; null: the model's own requirements.txt. */
    requirements: Nullable(Type.String()),
    /** Minor version decides; null: the model's python_env.yaml. */
    python: Nullable(Type.String({ description: '`3.11.7`' })),
  },
  strict,
);

export const EventTime = Type.Object(
  { feature: Nullable(Type.String()), header: Nullable(Type.String()) },
  { ...strict, description: 'Where event_time of a prediction comes from; both null: time of receipt.' },
);

export const DesiredEndpoint = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' }),
    deployments: Type.Array(DesiredDeployment),
    /** Deployment id → percent; sums to 100, or empty. The gateway applies it when all that it names are ready. */
    traffic: Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: 100 })),
    prediction: Nullable(PredictionMeaning),
    event_time: EventTime,
    /** Feature whose value keeps requests with one version; where a request has none, the header Bucle-Key does. */
    key: Nullable(Type.String()),
    /** A rollout is open: its guards wait for the counters. */
    watched: Type.Boolean(),
    /** Milliseconds that an answer may take at most; a caller may ask for less. */
    timeout_ms: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600_000 })),
    /** Workers per deployment on one gateway; absent: the gateway chooses. */
    workers: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
  },
  strict,
);

/** Hash of a live token: with it the gateway knows callers while the control server is away. */
export const CallerToken = Type.Object(
  {
    name: Type.String(),
    /** SHA-256 in hex of the secret, as in the table of tokens. */
    secret_hash: Digest,
    expires_at: Nullable(Type.Integer()),
  },
  strict,
);

export const DesiredState = Type.Object(
  {
    format: Type.Literal('bucle.desired.v1'),
    /** Grows with every change. */
    revision: Type.Integer({ minimum: 0 }),
    endpoints: Type.Array(DesiredEndpoint),
    /** Live tokens of people. Whether callers must show one is the gateway's own setting. */
    tokens: Type.Array(CallerToken),
  },
  strict,
);

/** `preparing` → `verifying` → `ready` or `failed`; a failed one is tried again only under a new id. */
export const ObservedPhase = Type.Union([
  Type.Literal('preparing'),
  Type.Literal('verifying'),
  Type.Literal('ready'),
  Type.Literal('failed'),
]);

export const Observation = Type.Object(
  {
    deployment: Type.String(),
    endpoint: Type.String(),
    state: ObservedPhase,
    /** What runs it; null until chosen. */
    engine: Nullable(Type.Union([Type.Literal('onnx'), Type.Literal('python')])),
    /** Why it failed, what it waits for, or why it is not the engine that was hoped for. For a person. */
    reason: Nullable(Type.String()),
    /** Of the engine that serves; when it failed, of the last one tried. */
    parity: Nullable(ParityReport),
    /** Of the ONNX form, when the gateway fell back to Python because of it. */
    onnx_parity: Nullable(ParityReport),
    /** Percent of the endpoint's traffic that it really has on this gateway now. */
    traffic: Type.Number(),
    /** Gateway's clock, milliseconds, when this state began. */
    since: Type.Integer(),
  },
  strict,
);

const Count = Type.Integer({ minimum: 0 });
/** Bin → requests; bins without any are left out. */
const Bins = Type.Record(Type.String({ maxLength: 200 }), Count);

/** Requests that the split sent to one deployment, as they were answered. */
export const ArmCounts = Type.Object(
  {
    requests: Count,
    /** By whose fault it was: the caller's, the model's, the deadline's, or too many at once. */
    errors: Type.Object({ client: Count, model: Count, timeout: Count, overload: Count }, strict),
    /** Bin k: answers that took from 2^(k/4) to 2^((k+1)/4) times 0.1 ms. */
    latency: Bins,
    /** What the first row of each answer meant: `0` to `19` of probabilities, classes, or steps of the size of values. */
    predictions: Bins,
  },
  strict,
);

/** Counted since the gateway started, for as long as one split was in force. */
export const ArmCounters = Type.Object(
  {
    /** Number of this counter within one life of the gateway. */
    cell: Count,
    endpoint: Type.String(),
    deployment: Type.String(),
    /** Percent of the endpoint's requests that this deployment was to get meanwhile. */
    share: Type.Number({ minimum: 0, maximum: 100 }),
    /** The whole split, so that what was counted at the same time is found. */
    split: Type.Record(Type.String(), Type.Number()),
    counts: ArmCounts,
  },
  strict,
);

/** All that one gateway sees now: what is absent here, it does not have. */
export const ObservationReport = Type.Object(
  {
    gateway: Type.String({ minLength: 1, maxLength: 100, description: 'Lives as long as its data folder.' }),
    /** Where callers reach it. */
    url: Type.String(),
    /** Revision of the desired state that it works on. */
    revision: Type.Integer(),
    observations: Type.Array(Observation),
    /** Names one life of the gateway: after a restart its counters begin at 0. */
    boot: Type.Optional(Type.String({ maxLength: 100 })),
    /** Of endpoints that are watched or have several versions with traffic; never smaller than in the report before. */
    counters: Type.Optional(Type.Array(ArmCounters, { maxItems: 10_000 })),
  },
  strict,
);

export type RemoteFile = Static<typeof RemoteFile>;
export type DesiredDeployment = Static<typeof DesiredDeployment>;
export type EventTime = Static<typeof EventTime>;
export type DesiredEndpoint = Static<typeof DesiredEndpoint>;
export type DesiredState = Static<typeof DesiredState>;
export type Observation = Static<typeof Observation>;
export type ArmCounts = Static<typeof ArmCounts>;
export type ArmCounters = Static<typeof ArmCounters>;
export type ObservationReport = Static<typeof ObservationReport>;
